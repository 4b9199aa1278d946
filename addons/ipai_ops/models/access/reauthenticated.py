"""Who may do what is changed only by somebody who showed lately who they are."""

from odoo import api, models


class ReauthenticatedMixin(models.AbstractModel):
    _name = "ops.reauthenticated.mixin"
    _description = "What is changed by whoever showed lately who they are"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_changed_by_a_person()
        return super().create(vals_list)

    def write(self, vals):
        self._check_changed_by_a_person()
        return super().write(vals)

    def unlink(self):
        self._check_changed_by_a_person()
        return super().unlink()

    def _check_changed_by_a_person(self):
        if not self.env.su:
            self.env.user._check_confirmed()
