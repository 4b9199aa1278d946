"""Takes what a person types for an environment, and says what it may do there."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.console import PROGRAMS


class ConsoleWizard(models.TransientModel):
    _name = "ops.console.wizard"
    _description = "Console"

    environment_id = fields.Many2one("ops.environment", required=True, ondelete="cascade")
    environment_name = fields.Char(related="environment_id.name", related_sudo=False)
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    program = fields.Selection(list(PROGRAMS.items()), default="shell", required=True)
    text = fields.Text(string="What to run")
    minutes = fields.Integer(string="Stop after", default=10, required=True)
    writes = fields.Boolean(
        string="May change data",
        help="Without it the database server itself refuses whatever would change something.",
    )
    is_harmless = fields.Boolean(compute="_compute_consequences")
    needs_name = fields.Boolean(compute="_compute_consequences")
    typed_name = fields.Char(string="Type the environment's name")

    @api.depends("program", "writes", "stage")
    def _compute_consequences(self):
        for wizard in self:
            wizard.is_harmless = wizard.program == "sql" and not wizard.writes
            wizard.needs_name = wizard.stage == "production" and not wizard.is_harmless

    def action_confirm(self):
        """Queue what was typed and open its run, where it speaks."""
        self.ensure_one()
        environment = self.environment_id
        environment._check_may("view")
        if self.needs_name and self.typed_name != environment.name:
            raise UserError(self.env._("Type “%s” to run this on production.", environment.name))
        order = (self.program, self.text or "", self.minutes, self.writes)
        return environment._run_console(*order, "button")._open()
