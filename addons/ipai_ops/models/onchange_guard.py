"""A form that was never saved tells nothing of records its person may not see.

Odoo computes an unsaved form with whatever ids the browser sends, and takes from its cache what it
has read before for its own purposes. So the ids are asked for first.
"""

from odoo import models


class Base(models.AbstractModel):
    _inherit = "base"

    def onchange(self, values, field_names, fields_spec):
        if self._name.startswith("ops."):
            self._check_sees(values)
        return super().onchange(values, field_names, fields_spec)

    def _check_sees(self, values):
        """Raise AccessError where a value names a record of ours that the user may not read."""
        for name, value in values.items():
            model = getattr(self._fields.get(name), "comodel_name", None) or ""
            named = value[0] if isinstance(value, list | tuple) and value else value
            if model.startswith("ops.") and isinstance(named, int) and named:
                self.env[model].browse(named).check_access("read")
