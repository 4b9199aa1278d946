"""Fields that are encrypted in the database; the key lies outside it."""

import logging
import os

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, sql

from ...engine.keyring import NONCE_BYTES, Damaged, Keyring, LostKey, key_id_of
from ..key_file import key_file

_logger = logging.getLogger(__name__)

KNOWN_KEY = "ipai_ops.secrets_key_id"
DECLARED = ("goes_to", "goes_nowhere")


class EncryptedMixin(models.AbstractModel):
    """Keeps the values of fields that ``encrypted`` made."""

    _name = "ops.encrypted.mixin"
    _description = "Values encrypted at rest"

    sealed_values = fields.Json(groups=fields.NO_ACCESS, copy=False)

    def _valid_field_parameter(self, field, name):
        return name in DECLARED or super()._valid_field_parameter(field, name)

    def write(self, vals):
        """A secret is for the address it was given for: at another one it is given anew, or gone."""
        watched = self._secrets_of_addresses(vals)
        before = [record._where_and_what(watched) for record in self] if watched else []
        done = super().write(vals)
        for record, old in zip(self, before, strict=False):
            now = record._where_and_what(watched)
            moved = {name for name in watched if old[name][0] != now[name][0]}
            record._forget(
                {name for name in moved if old[name][1] and old[name][1] == now[name][1]}
            )
        return done

    def onchange(self, values, field_names, fields_spec):
        """Say in the form that a changed address takes a kept secret along."""
        found = super().onchange(values, field_names, fields_spec)
        kept = self._origin.sudo().sealed_values or {}  # that there is one is no secret
        if len(self) == 1 and kept.keys() & self._secrets_of_addresses(field_names):
            found.setdefault("warning", self._forgetting_warning())
        return found

    def _forgetting_warning(self):
        text = self.env._(
            "The secret that is kept here was given for the old address. It is deleted when you "
            "save, unless you enter it again."
        )
        title = self.env._("Enter the secret again")
        return {"title": title, "message": text, "type": "notification"}

    @api.model
    def _secrets_of_addresses(self, names):
        """Return the secrets that go to the addresses of these names: address fields by secret."""
        declared = {
            name: getattr(field, "goes_to", None) or () for name, field in self._fields.items()
        }
        return {name: goes_to for name, goes_to in declared.items() if set(goes_to) & set(names)}

    def _where_and_what(self, watched):
        """Return where each secret goes, and what is stored of it; a new value is stored otherwise."""
        own = self.sudo()  # closed to everybody; nothing of it is shown
        stored = own.sealed_values or {}
        return {
            name: (tuple(_plain(own[each]) for each in goes_to), stored.get(name))
            for name, goes_to in watched.items()
        }

    def _forget(self, names):
        """Delete the secrets of these names, and tell the audit trail."""
        if not names:
            return
        own = self.sudo()  # nobody writes them directly
        own.sealed_values = {
            name: value for name, value in own.sealed_values.items() if name not in names
        }
        self.env["ops.audit"]._note("secret.forgotten", self, names=sorted(names))

    def _read_sealed(self, name):
        for record in self:
            known = record.sudo().sealed_values or {}  # nobody but the product reads them
            record[name] = record._unsealed(name, known.get(name))

    def _write_sealed(self, name):
        """Encrypt one value and leave the others as they are stored."""
        for record in self:
            others = {**(record.sudo().sealed_values or {})}  # nobody writes them directly
            others.pop(name, None)
            record.sudo().sealed_values = {**others, **record._seal({name: record[name]})}

    def _seal(self, values):
        """Return ``values`` encrypted for this record, by field; blank ones are left out."""
        ring = self._keyring_to_write()
        return {
            name: ring.seal(value, self._place_of(name), os.urandom(NONCE_BYTES))
            for name, value in values.items()
            if value
        }

    def _unsealed(self, name, sealed):
        if not sealed:
            return False
        try:
            return self._keyring().open(sealed, self._place_of(name))
        except LostKey as exc:
            raise UserError(self._lost_key_text(str(exc))) from exc
        except Damaged as exc:
            raise UserError(
                self.env._("The stored value of “%s” was damaged: set it again.", name)
            ) from exc

    def _place_of(self, name):
        return f"{self._name}/{self._origin.id or self.id}/{name}"

    @api.model
    def _keyring(self):
        return Keyring.from_text(key_file(self.env, "secrets").read())

    @api.model
    def _keyring_to_write(self):
        """Return the keys; a first one is made where there never was one."""
        ring, settings = self._keyring(), self.env["ir.config_parameter"].sudo()
        known = settings.get_param(KNOWN_KEY)
        if not ring.keys and known:
            raise UserError(self._lost_key_text(known))
        if not ring.keys:
            key_file(self.env, "secrets").add_key()
            ring = self._keyring()
        if known != ring.current_id:
            settings.set_param(KNOWN_KEY, ring.current_id)
        return ring

    def _has_sealed(self, name):
        """Say whether there is a value: that is no secret, even when the key is lost."""
        return name in (self.sudo().sealed_values or {})

    @api.model
    def _seal_columns(self, names):
        """Encrypt what an older version kept in columns of these names, then drop the columns."""
        records = self.sudo().with_context(active_test=False)
        present = [name for name in names if sql.column_exists(self.env.cr, self._table, name)]
        for name in present:
            column, table = SQL.identifier(name), SQL.identifier(self._table)
            query = SQL("SELECT id, %s FROM %s WHERE %s IS NOT NULL", column, table, column)
            for record_id, value in self.env.execute_query(query):
                records.browse(record_id)[name] = value
        self.flush_model()
        for name in present:
            column, table = SQL.identifier(name), SQL.identifier(self._table)
            self.env.cr.execute(SQL("ALTER TABLE %s DROP COLUMN %s", table, column))

    def _lost_key_text(self, key_id):
        return self.env._(
            "The key %(key)s that encrypts secrets is not in %(path)s. Put it back from your backup "
            "of keys, or set the secret again.",
            key=key_id,
            path=key_file(self.env, "secrets").path,
        )

    @api.model
    def _stale_ids(self, limit=None):
        """Return the ids of up to ``limit`` records that another key than the current encrypted."""
        query = SQL(
            "SELECT id FROM %s WHERE EXISTS ("
            " SELECT 1 FROM jsonb_each_text(sealed_values) value"
            " WHERE jsonb_typeof(sealed_values) = 'object' AND split_part(value.value, ':', 2) <> %s"
            ") ORDER BY id LIMIT %s",
            SQL.identifier(self._table),
            self._keyring_to_write().current_id,
            limit,
        )
        self.env.flush_all()
        return [row[0] for row in self.env.execute_query(query)]

    def _reseal(self):
        """Encrypt with the current key what another one encrypted; return how many records."""
        ring, count = self._keyring_to_write(), 0
        for record in self.sudo():  # nobody reads or writes them directly
            known = record.sealed_values or {}
            if any(key_id_of(value) != ring.current_id for value in known.values()):
                opened = {name: record._unsealed(name, value) for name, value in known.items()}
                record.sealed_values = record._seal(opened)
                count += 1
        return count


def _plain(value):
    """Return an address as it is compared."""
    return value.strip().rstrip("/") if isinstance(value, str) else value or False


def encrypted(kind, name, goes_to=(), goes_nowhere="", **options):
    """Return a field whose value is stored encrypted, which the product alone reads and writes.

    ``kind``: fields.Char or fields.Text. ``name``: the field's own. A copy of the record begins without it.
    ``goes_to`` names the fields that say where the value is sent or used: where one of them changes,
    the value is deleted unless it is given again. ``goes_nowhere`` says why there is none.
    Each has a compute and an inverse of its own: fields that share them are written together, and
    those that were not given would be stored as blank.
    """

    @api.depends("sealed_values")
    def compute(records):
        records._read_sealed(name)

    def inverse(records):
        records._write_sealed(name)

    closed = {"store": False, "copy": False, "groups": fields.NO_ACCESS}
    declared = {"goes_to": tuple(goes_to), "goes_nowhere": goes_nowhere}
    return kind(compute=compute, inverse=inverse, **options, **declared, **closed)
