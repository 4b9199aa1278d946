"""Fields of single sign-on that only the product writes: stored, and ``readonly=True``.

In Odoo ``readonly`` greys a field out on a screen and holds nobody back. In a model with this mixin it
does, whatever way a value takes: given, by the context (``default_…``), by personal defaults, by import.
The addon stands alone, so it has its own.
"""

from odoo import api, models
from odoo.exceptions import AccessError

ADDON = "ipai_auth_oidc"


class ProductWritten(models.AbstractModel):
    _name = "ipai.oidc.product.written"
    _description = "What only the product writes"
    _product_written = False  # True: all of the model's fields

    def _valid_field_parameter(self, field, name):
        """``goes_to`` names the fields that say where a secret is sent; ``goes_nowhere`` says why none."""
        return name in ("goes_to", "goes_nowhere") or super()._valid_field_parameter(field, name)

    def _own_names(self):
        """Return the names of the fields that only the product writes."""
        return {
            name
            for name, field in self._fields.items()
            if field.store
            and ADDON in (field._modules or ())
            and (field.readonly or self._product_written)
            and name not in models.MAGIC_COLUMNS
        }

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_own_names({name for vals in vals_list for name in vals})
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_own_names(vals)
        return super().write(vals)

    @api.model
    def default_get(self, fields):
        own = self._own_names().intersection(fields)
        found = super().default_get([name for name in fields if name not in own])
        return found | {
            name: self._fields[name].default(self) for name in own if self._fields[name].default
        }

    def _refuse_own_names(self, names):
        refused = () if self.env.su else sorted(self._own_names().intersection(names))
        if refused:
            raise AccessError(
                self.env._("Only the product itself writes %s; leave it out.", ", ".join(refused))
            )
