"""Settings, members, roles, servers: who made, changed or deleted them is in the audit trail."""

from odoo import api, models

from ..constants import OF_ODOO

QUIET = {
    "write_date",
    "write_uid",
    "message_ids",
    "message_follower_ids",
    "activity_ids",
    "sequence",
}
SHOWN = ("char", "selection", "integer", "float", "boolean", "date", "datetime", "many2one")


class AuditedMixin(models.AbstractModel):
    _name = "ops.audited.mixin"
    _description = "Changes are in the audit trail"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        for record, vals in zip(records, vals_list, strict=True):
            record._note_change("created", record._told(record._filled() | set(vals)))
        return records

    def write(self, vals):
        if self.env.su or not set(vals) - QUIET:
            return super().write(vals)
        before = [record._told(record._stored() | set(vals)) for record in self]
        done = super().write(vals)
        for record, old in zip(self, before, strict=True):
            now = record._told(old)
            told = [name for name in now if name in vals or now[name] != old[name]]
            if told:
                new = {name: now[name] for name in told}
                record._note_change("changed", new, before={name: old[name] for name in told})
        return done

    def unlink(self):
        for record in self:
            record._note_change("deleted", {})
        return super().unlink()

    def _note_change(self, verb, values, **details):
        kind = self._name.removeprefix("ops.")
        self.env["ops.audit"]._note(f"{kind}.{verb}", self, values=values, **details)

    def _stored(self):
        """Return the names of the fields whose values say what is stored, whoever said it."""
        return {
            name
            for name, field in self._fields.items()
            if field.store and field.column_type and name not in QUIET and name not in OF_ODOO
        }

    def _filled(self):
        """Return the names of the stored fields that hold something."""
        own = self.sudo()  # the trail tells it; only managers read the trail
        return {
            name for name in self._stored() if not self._is_secret(self._fields[name]) and own[name]
        }

    def _told(self, names):
        """Return the values a trail may hold: never what nobody may read."""
        known = [name for name in sorted(names) if name in self._fields and name not in QUIET]
        return {name: self._told_value(name) for name in known}

    def _told_value(self, name):
        field = self._fields[name]
        if field.type not in SHOWN or self._is_secret(field):
            return "•••" if self._is_secret(field) else field.type
        value = self.sudo()[name]  # the trail tells it; only managers read the trail
        return value.id if field.type == "many2one" else value

    @staticmethod
    def _is_secret(field):
        return field.groups == "." or field.name.startswith("new_") or "password" in field.name
