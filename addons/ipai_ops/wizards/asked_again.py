"""The last button of a dangerous dialog asks again who is there, when the first was long ago."""

from odoo import models

from ..models.identity import asks_again


class EnvironmentDestroy(models.TransientModel):
    _inherit = "ops.environment.destroy"

    @asks_again
    def action_confirm(self):
        return super().action_confirm()


class EnvironmentRedeploy(models.TransientModel):
    _inherit = "ops.environment.redeploy"

    @asks_again
    def action_confirm(self):
        return super().action_confirm()


class RollbackWizard(models.TransientModel):
    _inherit = "ops.rollback.wizard"

    @asks_again
    def action_confirm(self):
        return super().action_confirm()


class RestoreWizard(models.TransientModel):
    _inherit = "ops.restore.wizard"

    def action_confirm(self):
        """Restore; over production only after asking again."""
        if self.environment_id.stage == "production":
            return self._confirm_over_production()
        return super().action_confirm()

    @asks_again
    def _confirm_over_production(self):
        return super().action_confirm()
