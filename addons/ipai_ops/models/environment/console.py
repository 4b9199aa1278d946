"""The console of an environment: what is typed becomes a run."""

from odoo import models
from odoo.exceptions import UserError

from ...authentication.asks_again import asks_again
from ...engine import console
from ..constants import GONE


class Environment(models.Model):
    _inherit = "ops.environment"

    @asks_again
    def action_console(self):
        """Open the dialog in which a command, a script or SQL is typed."""
        self.ensure_one()
        is_harmless_first = self.stage == "production" or not self.may_shell
        program = "sql" if is_harmless_first and self.may_database_shell else "shell"
        self._check_may(console.KIND_OF[program])
        self._check_has_console()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Console of %s", self.display_name),
            "res_model": "ops.console.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_environment_id": self.id, "default_program": program},
        }

    def _run_console(self, program, text, minutes, writes, trigger):
        """Queue what was typed; return its run. It is in the audit trail word by word."""
        self.ensure_one()
        problem = console.problem(program, text, minutes)
        if problem:
            raise UserError(problem)
        kind = console.KIND_OF[program]
        self._check_may(kind)
        self._check_has_console()
        order = console.order(program, text, minutes, writes)
        run = self.env["ops.run"]._queue(
            self,
            kind,
            trigger,
            self._ref(),
            self.commit or None,
            redeploy_image=self.image_id,
            order={"console": order},
        )
        self.env["ops.audit"]._note(f"{kind}.opened", run, **order)
        return run

    def _check_has_console(self):
        """Refuse where nothing serves yet, or where a command waits that this one would replace."""
        if self.state in GONE:
            raise UserError(self.env._("This environment is gone, or on its way."))
        if not self.image_id or not self.database_name:
            raise UserError(self.env._("Nothing has been deployed here yet: deploy first."))
        waiting = [("environment_id", "=", self.id), ("lane", "=", "console")]
        if self.env["ops.run"].sudo().search_count([*waiting, ("state", "=", "queued")], limit=1):
            raise UserError(
                self.env._("Another command waits here: let it begin, or cancel it first.")
            )
