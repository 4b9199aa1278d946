"""What people type: shells and SQL as runs, so that rights, policies, approvals and records hold for them."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...authentication.asks_again import asks_again
from ...engine import console
from ..access.rights import refusal
from ..audit.hooks import refusals_kept
from ..environment.environment import GONE


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

    @api.depends_context("uid")
    @api.depends("environment_id.may_view", "kind")
    def _compute_may(self):
        """What a console said may be any of the data: it is read by those who may open one."""
        super()._compute_may()
        is_everywhere = self.env["ops.project"]._is_everywhere(self.env.user)
        for run in self:
            if run.kind in console.KINDS and run.may_logs and not is_everywhere:
                run.may_logs = run.sudo().environment_id[f"may_{run.kind}"]

    def _domain_may(self, permission, operator, value):
        found = super()._domain_may(permission, operator, value)
        if permission != "logs" or found is NotImplemented or found is Domain.TRUE:
            return found
        places = self.env["ops.environment"]
        readable = [
            Domain("kind", "=", kind)
            & Domain("environment_id", "any!", places._domain_may(kind, operator, value))
            for kind in console.KINDS
        ]
        return found & Domain.OR([Domain("kind", "not in", console.KINDS), *readable])

    def _check_may(self, permission):
        """Reading takes the right alone: who read a log is not asked again who they are."""
        result = super()._check_may(permission)
        with refusals_kept(self, permission):
            for run in self.filtered(lambda run: run.kind in console.KINDS):
                if permission == "logs" and not (run.env.su or run.may_logs):
                    raise refusal(run, run.kind)
        return result

    def _facts(self, **more):
        """A session's length is what was asked for, not how long ago somebody signed in."""
        order = (self.spec or {}).get("console")
        if order:
            more.setdefault("minutes", order["minutes"])
        return super()._facts(**more)

    def _data_at_risk(self):
        if self.kind not in console.KINDS:
            return super()._data_at_risk()
        if not self.console_writes:
            return self.env._("None: the database server refuses every change.")
        return self.env._("Whatever the command does: read it. No restore point is made first.")

    def _outlook(self):
        shown = super()._outlook()
        return shown + Markup("<pre>%s</pre>") % self.console_text if self.console_text else shown

    def _finish(self, state, at):
        result = super()._finish(state, at)
        if self.kind in console.KINDS:
            done = (self.step_ids[:1].result or {}).get("lines", 0)
            self.env["ops.audit"]._note(f"{self.kind}.closed", self, state=state, lines=done)
        return result
