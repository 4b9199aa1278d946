"""Chooses an image built before, to deploy it again without a build."""

from odoo import api, fields, models

from ..authentication.asks_again import asks_again


class EnvironmentRedeploy(models.TransientModel):
    _name = "ops.environment.redeploy"
    _description = "Redeploy an earlier build"

    environment_id = fields.Many2one("ops.environment", required=True, ondelete="cascade")
    current_image_id = fields.Many2one(
        related="environment_id.image_id", related_sudo=False, string="Serving now"
    )
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    allowed_image_ids = fields.Many2many("ops.artifact", compute="_compute_allowed_image_ids")
    image_id = fields.Many2one(
        "ops.artifact",
        string="Image",
        required=True,
        domain="[('id', 'in', allowed_image_ids)]",
        ondelete="cascade",
    )

    @api.depends("environment_id")
    def _compute_allowed_image_ids(self):
        for wizard in self:
            domain = [
                ("kind", "=", "image"),
                ("state", "=", "present"),
                ("project_id", "=", wizard.environment_id.project_id.id),
            ]
            wizard.allowed_image_ids = self.env["ops.artifact"].search(domain)

    @asks_again
    def action_confirm(self):
        """Queue the deploy of the chosen image and open its run."""
        self.ensure_one()
        self.environment_id._check_may("rollback")
        return self.environment_id._redeploy(self.image_id)._open()
