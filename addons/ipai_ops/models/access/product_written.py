"""Fields that only the product writes: stored, and ``readonly=True``, in a model of ours.

In Odoo ``readonly`` greys a field out on a screen and holds nobody back. Here it is the declared mark,
and it holds for every way a value can take: values given, values of the context (``default_…``),
personal defaults (``ir.default``), imports, copies, commands of a parent. The product writes these
fields in ``sudo``, after it has asked for the right. A model that is written by the product alone
says so for all its fields: ``_product_written = True``. ``judged.py`` asks before each write.
"""

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import ormcache

from ..constants import OF_ODOO

OURS = "ipai_"


class Base(models.AbstractModel):
    _inherit = "base"
    _product_written = False

    @ormcache("self._name")
    def _own_fields(self):
        """Return the names of the fields that only the product writes."""
        if (
            self._transient or self._abstract
        ):  # a dialog is judged by what it does when it is answered
            return frozenset()
        stored = {name: field for name, field in self._fields.items() if field.store}
        return frozenset(
            name
            for name, field in stored.items()
            if name not in OF_ODOO
            and (field.readonly or self._product_written)
            and any(module.startswith(OURS) for module in field._modules or ())
        )

    def copy_data(self, default=None):
        """A person's copy is a new record: what the product wrote of the old one stays with it."""
        rows = super().copy_data(default)
        if self.env.su:
            return rows
        own = self._own_fields() - set(default or ())
        return [{key: value for key, value in row.items() if key not in own} for row in rows]

    @api.model
    def default_get(self, fields):
        """Context and personal defaults fill nothing that only the product writes."""
        own = self._own_fields().intersection(fields)
        found = super().default_get([name for name in fields if name not in own])
        return found | {name: self._own_default(name) for name in own if self._fields[name].default}

    def _own_default(self, name):
        field = self._fields[name]
        value = field.convert_to_cache(field.default(self), self, validate=False)
        return field.convert_to_write(value, self)

    def _refuse_own_fields(self, names):
        """Raise AccessError where a person or a key gives a value that only the product writes."""
        refused = () if self.env.su else sorted(self._own_fields().intersection(names))
        if not refused:
            return
        facts = {"operation": "write", "fields": refused, "outcome": "refused"}
        self.env["ops.audit"]._note_apart("access.refused", self[:1], **facts)
        raise AccessError(
            self.env._("Only the product itself writes %s; leave it out.", ", ".join(refused))
        )
