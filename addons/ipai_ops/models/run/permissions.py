"""What a person may with a run: what they may in its environment, and with a console's what it takes to open one."""

from odoo import api, models
from odoo.fields import Domain

from ...engine import console
from ..access.permission import may_field, refusal


class Run(models.Model):
    _inherit = "ops.run"

    may_view = may_field("view")
    may_logs = may_field("logs")
    may_deploy = may_field()
    may_rollback = may_field()
    may_restore = may_field()

    @api.depends_context("uid")
    @api.depends("environment_id.may_view", "kind")
    def _compute_may(self):
        """What a console said may be any of the data: it is read by those who may open one."""
        is_everywhere = self.env["ops.project"]._is_everywhere(self.env.user)
        for run in self:
            place = run.sudo().environment_id  # the answer is about the person, not the system
            for name in ("may_view", "may_logs", "may_deploy", "may_rollback", "may_restore"):
                run[name] = is_everywhere or place[name]
            if run.kind in console.KINDS and run.may_logs and not is_everywhere:
                run.may_logs = place[f"may_{run.kind}"]

    def _domain_may(self, permission, operator, value):
        """Return the runs the person has ``permission`` for; clean-ups are the managers'."""
        if operator != "in" or False in value:
            return NotImplemented
        if self.env["ops.project"]._is_everywhere(self.env.user):
            return Domain.TRUE
        places = self.env["ops.environment"]
        found = Domain("environment_id", "any!", places._domain_may(permission, operator, value))
        if permission != "logs":
            return found
        readable = [
            Domain("kind", "=", kind)
            & Domain("environment_id", "any!", places._domain_may(kind, operator, value))
            for kind in console.KINDS
        ]
        return found & Domain.OR([Domain("kind", "not in", console.KINDS), *readable])

    def _may(self, permission, _stage=None):
        """Say whether the user has ``permission`` on every run's environment."""
        if self.env.su or self.env["ops.project"]._is_everywhere(self.env.user):
            return True
        return all(run.environment_id and run.environment_id._may(permission) for run in self)

    def _environments(self):
        return self.environment_id

    def _check_has_permission(self, permission, stage=None):
        """Reading a console's log takes the right to open one; who has it is not asked again who they are."""
        if self.environment_id:
            self.environment_id.check_access("read")
            self.environment_id._check_has_permission(permission)
        super()._check_has_permission(permission, stage)
        if permission != "logs" or self.env.su:
            return
        for run in self.filtered(lambda run: run.kind in console.KINDS and not run.may_logs):
            raise refusal(run, run.kind)
