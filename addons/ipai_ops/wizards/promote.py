"""Says what production gets, how long it takes, what is at risk and what the policies say, before it goes."""

from statistics import median

from markupsafe import Markup

from odoo import api, fields, models

from ..engine.pipelines import plan_for
from ..engine.wording import duration

ICONS = {
    "pass": "fa-check-circle text-success",
    "warn": "fa-exclamation-triangle text-warning",
    "block": "fa-hand-paper-o text-warning",
}


class PromoteWizard(models.TransientModel):
    _name = "ops.promote.wizard"
    _description = "Promote to production"

    source_id = fields.Many2one("ops.environment", string="From", required=True, ondelete="cascade")
    environment_id = fields.Many2one(
        "ops.environment", string="To", required=True, ondelete="cascade"
    )
    image_id = fields.Many2one("ops.artifact", string="Build", required=True, ondelete="cascade")
    commit = fields.Char(compute="_compute_outlook")
    commit_now = fields.Char(string="Serving now", compute="_compute_outlook")
    compare_url = fields.Char(string="Difference", compute="_compute_outlook")
    module_plan = fields.Char(string="Modules", compute="_compute_outlook")
    takes_about = fields.Char(compute="_compute_outlook")
    data_at_risk = fields.Char(compute="_compute_outlook")
    branch_note = fields.Char(string="Afterwards", compute="_compute_outlook")
    verdicts_html = fields.Html(string="Policies", compute="_compute_verdicts")
    is_blocked = fields.Boolean(compute="_compute_verdicts")

    @api.depends("source_id", "environment_id", "image_id")
    def _compute_outlook(self):
        self._clear("commit", "commit_now", "compare_url", "module_plan", "takes_about")
        self._clear("data_at_risk", "branch_note")
        for wizard in self.filtered(lambda one: one._is_filled_in()):
            draft, production = wizard._draft(), wizard.environment_id
            wizard.commit = wizard._named(draft.commit, draft.commit_subject)
            wizard.commit_now = wizard._named(production.commit, production.commit_subject)
            wizard.compare_url = draft.compare_url
            wizard.module_plan = draft.module_plan
            wizard.takes_about = wizard._takes_about(draft)
            wizard.data_at_risk = draft.data_at_risk
            wizard.branch_note = wizard._branch_note()

    @api.depends("source_id", "environment_id", "image_id")
    def _compute_verdicts(self):
        self._clear("is_blocked", "verdicts_html")
        for wizard in self.filtered(lambda one: one._is_filled_in()):
            found = wizard._draft()._verdicts()
            wizard.is_blocked = any(outcome == "block" for _policy, _verdict, outcome in found)
            lines = [
                Markup('<li><i class="fa fa-fw %s"></i> <b>%s</b> · %s</li>')
                % (ICONS[outcome], policy.name, verdict.why)
                for policy, verdict, outcome in found
            ]
            wizard.verdicts_html = lines and Markup('<ul class="list-unstyled mb-0">%s</ul>') % (
                Markup().join(lines)
            )

    def _clear(self, *names):
        self.update(dict.fromkeys(names, False))

    def _is_filled_in(self):
        """Say whether it is known what goes where: until then there is nothing to look ahead to."""
        return bool(self.source_id and self.environment_id and self.image_id)

    def _draft(self):
        """Return the run that would be queued, unsaved: it is judged and looked at, not kept.

        Raises AccessError where the person may not see what it is made of.
        """
        self.ensure_one()
        for named in (self.source_id, self.environment_id, self.image_id):
            named.check_access("read")
        runs, built = self.env["ops.run"].sudo(), self.image_id.sudo().run_id
        options = {"redeploy_image": self.image_id.sudo(), "commit_subject": built.commit_subject}
        production = self.environment_id.sudo()
        values = runs._queued_values(
            production, "deploy", "button", built.ref, built.commit, options
        )
        return runs.new({**values, **runs._asked()})

    def _named(self, commit, subject):
        return f"{commit[:7]} {subject or ''}".strip() if commit else self.env._("nothing yet")

    def _takes_about(self, draft):
        """Return the sum of what the steps took here before, in words."""
        planned = {step.name for step in plan_for(draft.kind, draft.spec).steps}
        earlier = draft._earlier_durations()
        seconds = sum(median(earlier[name]) for name in planned.intersection(earlier))
        return duration(seconds) if seconds else self.env._("Not known: its first deploy.")

    def _branch_note(self):
        """Say how the promoted commit stays: a later push to production's own branch brings that one."""
        ours, theirs = self.environment_id.branch, self.source_id.branch
        if not ours or ours == theirs:
            return False
        return self.env._(
            "Merge %(theirs)s into %(ours)s: the next push there deploys what %(ours)s has.",
            theirs=theirs or self.source_id.name,
            ours=ours,
        )

    def action_confirm(self):
        """Queue the deploy of that build into production and open its run."""
        self.ensure_one()
        self.source_id._check_may("view")
        self.environment_id._check_may("deploy")
        return self.environment_id._promote(self.source_id, self.image_id)._open()
