"""What the project's pages show on top of its own fields: the way to the first deploy."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..constants import BOARD, STATES


class Project(models.Model):
    _inherit = "ops.project"

    production_id = fields.Many2one(
        "ops.environment", string="Production environment", compute="_compute_production"
    )
    production_state = fields.Selection(STATES, string="Production", compute="_compute_production")
    production_url = fields.Char(compute="_compute_production")
    first_run_id = fields.Many2one("ops.run", compute="_compute_production")
    is_deployed = fields.Boolean(compute="_compute_is_deployed")

    @api.depends("environment_ids.stage", "environment_ids.state")
    def _compute_production(self):
        domain = [("project_id", "in", self._origin.ids), ("stage", "=", "production")]
        found = self.env["ops.environment"].search(domain)
        by_project = {environment.project_id.id: environment for environment in found}
        for project in self:
            production = by_project.get(project._origin.id, found.browse())
            project.production_id = production
            project.production_state = production.state
            project.production_url = production.url
            project.first_run_id = production.last_run_id

    @api.depends("environment_ids.deployed_at")
    def _compute_is_deployed(self):
        deployed = self._origin._counted("ops.environment", [("deployed_at", "!=", False)])
        for project in self:
            project.is_deployed = bool(deployed.get(project._origin.id))

    def action_deploy_production(self):
        """Queue the first deploy: production's branch as it is now; open the run."""
        self.ensure_one()
        self._check_may("deploy", "production")
        return self._production().action_deploy()

    def action_view_first_run(self):
        """Open production's newest run, with its log."""
        self.ensure_one()
        self._check_may("view", "production")
        return self._production().action_view_last_run()

    def _production(self):
        """Return the production environment; raises UserError where the project has none."""
        if not self.exists().production_id:
            raise UserError(self.env._("There is no production here: make the environment first."))
        return self.production_id

    def _board_channel(self):
        """Return the channel that tells of the project's runs; for none, of the clean-ups."""
        return f"{BOARD}.{self.id or 0}"
