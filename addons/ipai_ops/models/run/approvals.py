"""People decide on a run that waits: four eyes, one voice each, a reason for a no."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...authentication.asks_again import asks_again
from ...engine.policies import Voice

ACTIVITY = "ipai_ops.activity_approval"


class Run(models.Model):
    _inherit = "ops.run"

    approval_ids = fields.One2many("ops.approval", "run_id", readonly=True)
    may_approve = fields.Boolean(compute="_compute_may_approve")
    may_override = fields.Boolean(compute="_compute_may_approve")

    @api.depends_context("uid")
    @api.depends("state", "approval_ids.state", "environment_id")
    def _compute_may_approve(self):
        user = self.env.user
        for run in self:
            known = run.sudo()
            waits = known.state == "blocked"
            asked = waits and "approval" in known.verdict_ids.mapped("waits")
            run.may_override = waits and known.environment_id.may_policies
            run.may_approve = bool(
                asked
                and user not in known._requesters()
                and user not in known._deciders()
                and known._principal(user)
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Runs are many and tell their story themselves: no message and no follower for each."""
        quiet = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        return super(Run, quiet).create(vals_list).with_env(self.env)

    @api.model
    def approve_run(self, run_id, reason=None):
        """Approve a run that waits; return True. It begins once the quorum is there."""
        return self._one_by_id(run_id)._decide("approved", reason, "api")

    @api.model
    def reject_run(self, run_id, reason):
        """Reject a run that waits, for a reason; return True. It is cancelled."""
        return self._one_by_id(run_id)._decide("rejected", reason, "api")

    @api.model
    def override_run(self, run_id, reason):
        """Let a run pass every policy in an emergency, for a reason; return True."""
        return self._one_by_id(run_id)._decide("overridden", reason, "api")

    def action_approve(self):
        """Open the dialog that says what will happen, to approve."""
        self._check_may_decide("approved")
        return self._decision_dialog("approved")

    def action_reject(self):
        """Open the dialog to reject."""
        self._check_may_decide("rejected")
        return self._decision_dialog("rejected")

    @asks_again
    def action_override(self):
        """Open the dialog to let the run pass in an emergency."""
        self._check_may_decide("overridden")
        return self._decision_dialog("overridden")

    def _decision_dialog(self, decision):
        self.ensure_one()
        titles = {
            "approved": self.env._("Approve"),
            "rejected": self.env._("Reject"),
            "overridden": self.env._("Let it pass in an emergency"),
        }
        return {
            "type": "ir.actions.act_window",
            "name": titles[decision],
            "res_model": "ops.run.decision",
            "view_mode": "form",
            "target": "new",
            "context": {"default_run_id": self.id, "default_decision": decision},
        }

    def _check_may_decide(self, decision):
        """Raise AccessError unless the user may speak here."""
        self.ensure_one()
        self.check_access("read")
        if decision == "overridden":
            self._check_may("policies")
            if not self.env.su:  # to pass every policy is dangerous
                self.env.user._check_confirmed()
        elif self.sudo()._principal(self.env.user) - self.env.user:
            self.environment_id._check_second_factor(
                "approve"
            )  # a stand-in's own right is no matter
        else:
            self._check_may("approve")

    def _decide(self, decision, reason, via):
        """Record the user's decision and act on it; return True.

        Raises AccessError for one's own run, UserError where nothing waits for this voice.
        """
        self._check_may_decide(decision)
        reason = (reason or "").strip()
        run = self.sudo()  # nobody writes runs and approvals directly
        run.lock_for_update()
        run._check_can_be_decided(self.env.user, decision, reason)
        approval = run._record_decision(self.env.user, decision, reason, via)
        run._tell_decision(approval)
        run._act_on(approval)
        return True

    def _check_can_be_decided(self, user, decision, reason):
        if self.state != "blocked":
            raise UserError(self.env._("This run does not wait for approval any more."))
        if decision != "approved" and not reason:
            raise UserError(self.env._("Say why: a reason is part of this decision."))
        if decision == "overridden":
            return
        if user in self._requesters() or self._principal(user) in self._requesters():
            raise AccessError(self.env._("Nobody decides on their own run: ask somebody else."))
        if user in self._deciders():
            raise UserError(self.env._("You have decided on this run already."))
        if "approval" not in self.verdict_ids.mapped("waits"):
            raise UserError(self.env._("No approval is asked for: %s", self.waiting_for))

    def _record_decision(self, user, decision, reason, via):
        principal = self._principal(user)
        return self.env["ops.approval"].create(
            {
                "run_id": self.id,
                "user_id": user.id,
                "on_behalf_of_id": principal.id if principal and principal != user else False,
                "decision": decision,
                "reason": reason,
                "via": via,
                "fingerprint": self.spec_fingerprint,
            }
        )

    def _act_on(self, approval):
        self.activity_ids.filtered(lambda each: each.user_id == approval.user_id).unlink()
        if approval.decision == "rejected":
            who = approval.user_id.name
            self._give_up(self.env._("Rejected by %(who)s: %(why)s", who=who, why=approval.reason))
            return
        if approval.decision == "overridden":
            self.is_overridden = True
        self._recheck()

    def _requesters(self):
        """Return everybody who asked for the run or wrote what it deploys: they do not approve it."""
        author = (self.commit_author or "").strip()
        name, _angle, mail = author.partition("<")
        users = self._askers()
        for field, value in (("name", name.strip()), ("email", mail.strip(" >") or name.strip())):
            if value:
                users |= self.env["res.users"].sudo().search([(field, "=ilike", _literal(value))])
        return users

    def _askers(self):
        """Return who asked for the run, and for those it repeats."""
        users, run = self.env["res.users"], self
        while run:
            users, run = users | run.requested_by_id, run.retry_of_id
        return users

    def _deciders(self):
        """Return who has decided on the run as it is now."""
        return self._counting_approvals().user_id

    def _counting_approvals(self):
        return self.approval_ids.filtered(
            lambda each: each.state == "counts" and each.fingerprint == self.spec_fingerprint
        )

    def _principal(self, user):
        """Return whose voice ``user`` speaks with here: their own, or that of somebody away."""
        if self._is_entitled(user):
            return user
        delegations = self.env["ops.delegation"]._today(self.project_id)
        away = delegations.filtered(lambda one: one.delegate_id == user).user_id
        return away.filtered(self._is_entitled)[:1]

    def _is_entitled(self, user):
        return self.environment_id.with_user(user).may_approve

    def _voices(self):
        """Return the decisions that count today, as the rules want them."""
        approvals = self._counting_approvals()
        voices = []
        for approval in approvals.filtered(lambda each: each.decision != "overridden"):
            principal = approval.on_behalf_of_id or approval.user_id
            if self._principal(approval.user_id) == principal:
                approves = approval.decision == "approved"
                voices.append(
                    Voice(approval.user_id.id, principal.id, approves, **self._hats(principal))
                )
        return tuple(voices)

    def _hats(self, user):
        """Return the roles and groups ``user`` has here, as the rules want them."""
        members = self.env["ops.project.member"]._of_user(user)
        roles = members.filtered(lambda member: member.project_id == self.project_id).role_id
        if self.env["ops.project"]._is_everywhere(user):
            roles |= self.env.ref("ipai_ops.role_admin")
        return {"roles": frozenset(roles.ids), "groups": frozenset(user._get_group_ids())}

    def write(self, vals):
        """A waiting run whose spec changes is another run: what was decided is void."""
        waiting = self.filtered(lambda run: run.state in ("blocked", "queued"))
        done = super().write(vals)
        if "spec" in vals:
            for run in waiting.filtered(lambda run: run.state in ("blocked", "queued")):
                run._follow_spec()
        return done

    def _follow_spec(self):
        fingerprint = self._fingerprint(self.spec)
        if fingerprint == self.spec_fingerprint:
            return
        self.approval_ids._void(self.env._("The run was changed after the decision."))
        self.spec_fingerprint = fingerprint


def _literal(value):
    """Return the text so that ``=ilike`` takes no character of it as a pattern."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
