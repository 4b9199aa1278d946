"""Asks once more before an environment and its data are gone for good."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..authentication.asks_again import asks_again


class EnvironmentDestroy(models.TransientModel):
    _name = "ops.environment.destroy"
    _description = "Destroy an environment"

    environment_id = fields.Many2one("ops.environment", required=True, ondelete="cascade")
    environment_name = fields.Char(related="environment_id.name", related_sudo=False)
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    database_name = fields.Char(related="environment_id.database_name", related_sudo=False)
    needs_name = fields.Boolean(compute="_compute_needs_name")
    typed_name = fields.Char(string="Type the environment's name")

    @api.depends("stage")
    def _compute_needs_name(self):
        for wizard in self:
            wizard.needs_name = wizard.stage == "production"

    @asks_again
    def action_confirm(self):
        """Queue the destruction and open its run."""
        self.ensure_one()
        environment = self.environment_id
        environment._check_may("destroy")
        if self.needs_name and (self.typed_name or "").strip() != environment.name:
            raise UserError(
                self.env._(
                    "Type “%s” to confirm: production and its data will be gone.", environment.name
                )
            )
        return environment._destroy("button")._open()
