"""Chooses the environment that a module of the catalogue is added to, and how."""

from odoo import api, fields, models


class ModuleAdd(models.TransientModel):
    _name = "ipai.module.add"
    _description = "Add a module to a project"

    package_id = fields.Many2one(
        "ipai.module.package", string="Module", required=True, ondelete="cascade"
    )
    environment_id = fields.Many2one(
        "ops.environment",
        required=True,
        ondelete="cascade",
        domain="[('id', 'in', allowed_environment_ids)]",
    )
    allowed_environment_ids = fields.Many2many(
        "ops.environment", compute="_compute_allowed_environment_ids"
    )
    way = fields.Selection(
        [
            ("branch", "On a branch of its own, to be merged"),
            ("direct", "On the environment's branch, deployed at once"),
        ],
        required=True,
        default="branch",
    )

    @api.depends("package_id")
    def _compute_allowed_environment_ids(self):
        live = self.env["ops.environment"].search(
            [("state", "not in", ("destroying", "destroyed"))]
        )
        for wizard in self:
            wizard.allowed_environment_ids = live.filtered("may_modules")

    def action_ask(self):
        """Work out what the module brings; nothing is written to the repository yet."""
        self.ensure_one()
        self.environment_id._check_may("modules")
        change = self.env["ipai.module.change"]._ask(self.package_id, self.environment_id, self.way)
        return {
            "type": "ir.actions.act_window",
            "res_model": "ipai.module.change",
            "res_id": change.id,
            "view_mode": "form",
            "views": [[False, "form"]],
        }
