"""What people type: shells and SQL as runs, so that rights, policies, approvals and records hold for them."""

from markupsafe import Markup

from odoo import api, fields, models


class Run(models.Model):
    _inherit = "ops.run"

    console_text = fields.Text(string="What was typed", compute="_compute_console")
    console_writes = fields.Boolean(string="May change data", compute="_compute_console")

    @api.model
    def run_command(self, project, env, program, text, minutes=10, writes=False):
        """Queue a command, a script for Odoo's shell, or SQL; return the run's id.

        ``program``: shell, odoo or sql. ``minutes``: when it is stopped. ``writes``: SQL may change
        data; without it the database server refuses every change. ``read_log`` tells what it said.
        """
        environment = self._named_environment(self._named_project(project), env)
        return environment._run_console(program, text, minutes, writes, "api").id

    @api.depends("spec")
    def _compute_console(self):
        for run in self:
            order = (run.spec or {}).get("console") or {}
            run.console_text = order.get("text")
            run.console_writes = bool(order) and (order["program"] != "sql" or order["writes"])

    def _console_risk(self):
        """Return which data what was typed may change, in a sentence."""
        if not self.console_writes:
            return self.env._("None: the database server refuses every change.")
        return self.env._("Whatever the command does: read it. No restore point is made first.")

    def _console_shown(self):
        """Return what was typed, as the outlook shows it; blank for other runs."""
        return Markup("<pre>%s</pre>") % self.console_text if self.console_text else Markup("")
