"""The last button of a dangerous dialog asks again who is there, when the first was long ago."""

from odoo import models

from ..authentication.asks_again import asks_again, asks_again_when, on_production


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


class RunDecision(models.TransientModel):
    _inherit = "ops.run.decision"

    @asks_again_when(lambda wizard: wizard.decision == "overridden")
    def action_confirm(self):
        return super().action_confirm()


class RollbackWizard(models.TransientModel):
    _inherit = "ops.rollback.wizard"

    @asks_again
    def action_confirm(self):
        return super().action_confirm()


class RestoreWizard(models.TransientModel):
    _inherit = "ops.restore.wizard"

    @asks_again_when(on_production)
    def action_confirm(self):
        return super().action_confirm()


class ImportWizard(models.TransientModel):
    _inherit = "ops.import.wizard"

    @asks_again_when(on_production)
    def action_confirm(self):
        return super().action_confirm()


class MomentWizard(models.TransientModel):
    _inherit = "ops.moment.wizard"

    @asks_again_when(lambda wizard: wizard._place().stage == "production")
    def action_confirm(self):
        return super().action_confirm()
