"""Nobody names a record of ours that they may not read: not in a form, not in a saved value, not in a refusal.

Odoo lets a many2one point to anything, shows its name as the system, and computes an unsaved form
from its cache, where records lie that it has read for its own purposes. So whoever names a record is
asked for the right to read it. What Odoo made of the value is judged, not the value: an id, a pair,
a mapping and x2many commands are then all alike, and a form of Odoo's that is new is covered too.
"""

from odoo import models
from odoo.exceptions import AccessError, UserError

from ...engine import call_values
from ..audit.refusals import kept

OURS = ("ops.", "ipai.", "auth.oauth.provider")


class Base(models.AbstractModel):
    _inherit = "base"

    def onchange(self, values, field_names, fields_spec):
        if not self.env.su and any(map(_is_of_ours, self._fields.values())):
            self._check_form(values, fields_spec)
        return super().onchange(values, field_names, fields_spec)

    def _check_form(self, values, fields_spec):
        """Raise AccessError where the form, or a default of it, names what the user may not read."""
        form = self.new(self._form_values(values, fields_spec))
        for records in _held(form, set()):
            self._check_named(records)
        # The form that was judged has left traces in the cache; Odoo makes its own.
        self.env.invalidate_all()

    def _form_values(self, values, fields_spec):
        """Return the values of the form with its defaults; raises UserError where one has no form of its field."""
        models = _FieldsOf(self.env)
        form = values
        wrong = call_values.unfit_values(models, self._name, values)
        if not wrong and isinstance(fields_spec, dict):
            missing = [name for name in fields_spec if name in self._fields and name not in values]
            wrong = call_values.unfit_values(models, self._name, self._context_values(missing))
            form = values if wrong else {**self.default_get(missing), **values}
        if wrong:
            raise UserError(self.env._("%s Open the form anew.", wrong))
        return {name: value for name, value in form.items() if name != "id"}

    def _context_values(self, names):
        """Return the defaults that whoever calls gives for the fields; lists of ids as commands."""
        keys = {name: f"default_{name}" for name in names}
        given = {
            name: self.env.context[key] for name, key in keys.items() if key in self.env.context
        }
        for name, value in given.items():
            is_ids = isinstance(value, list | tuple) and all(map(call_values.is_id, value))
            if is_ids and self._fields[name].type in call_values.MULTI:
                given[name] = [[call_values.SET, 0, value]]
        return given

    def _validate_fields(self, field_names, excluded_names=()):
        names = list(field_names)
        if not self.env.su:
            self._check_saved(names)
        return super()._validate_fields(names, excluded_names)

    def _check_saved(self, names):
        """Raise AccessError where a field that a person may write names what they may not read."""
        for field in map(self._fields.get, names):
            if field and _is_of_ours(field) and not (field.compute and field.readonly):
                for record in self.sudo():
                    self._check_named(record[field.name].with_env(self.env))

    def _compute_field_value(self, field):
        if self._transient and not self.env.su and self._name.startswith(OURS):
            # A wizard may be older than its person's rights; nothing is worked out for it then.
            self._check_saved([name for name, each in self._fields.items() if not each.compute])
        return super()._compute_field_value(field)

    def _check_named(self, records):
        """Raise AccessError unless the user may read all the records; ids are checked first."""
        named = records._origin
        for number in named._ids:
            if not call_values.is_id(number):
                raise UserError(
                    self.env._("“%s” is no id: send the number of a record.", str(number)[:40])
                )
        named.check_access("read")


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _make_access_error(self, operation, records):
        """Say no without the names of the records, which Odoo tells whoever is in developer mode."""
        refusal = super()._make_access_error(operation, records)
        if records._name.startswith(OURS):
            refusal = self._nameless(operation, records)
        return kept(records, operation, refusal)

    def _nameless(self, operation, records):
        return AccessError(
            self.env._(
                "You may not %(operation)s this: %(what)s (%(model)s). Ask who looks after the project.",
                operation=operation,
                what=self.env["ir.model"]._get(records._name).name,
                model=records._name,
            )
        )


class _FieldsOf:
    """The registry as engine.call_values asks it: the fields of a model by its name."""

    def __init__(self, env):
        self.env = env

    def __getitem__(self, model):
        return self.env[model]._fields


def _is_of_ours(field):
    return bool(field.relational and field.comodel_name.startswith(OURS))


def _held(record, seen):
    """Yield what the relational fields hold in the cache: of the record, and of its unsaved lines."""
    seen.add(record)
    for field in record._fields.values():
        if not field.relational or record.id not in field._get_cache(record.env):
            continue
        records = record[field.name]
        if _is_of_ours(field):
            yield records
        for line in records.filtered(lambda one: not one.id):
            if line not in seen:
                yield from _held(line, seen)
