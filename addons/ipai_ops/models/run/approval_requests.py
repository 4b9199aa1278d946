"""Who is asked to decide, and how they hear of it."""

from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.tools.misc import hash_sign, verify_hash_signed

from ...engine.policies import Facts, Voice
from ...engine.policies.approvals import may_speak
from .approvals import ACTIVITY

SCOPE = "ipai_ops.approval"
LINK_HOURS = 72


class Run(models.Model):
    _inherit = "ops.run"

    def _approvers(self):
        """Return who may decide on the run now, with those who stand in for people away."""
        users = self.env["ops.project.member"]._users_with(
            "approve", self.project_id, self.environment_id.stage
        )
        users = users or self.env.ref("ipai_ops.group_manager").all_user_ids
        wanted = [policy._parameters() for policy in self._asking_policies()]
        facts = Facts(
            self.kind,
            self.environment_id.stage,
            fields.Datetime.now(),
            requesters=frozenset(self._requesters().ids),
        )
        fitting = users.filtered(lambda user: self._is_asked(user, wanted, facts))
        delegations = self.env["ops.delegation"]._today(self.project_id)
        stand_ins = delegations.filtered(lambda one: one.user_id in fitting).delegate_id
        people = (fitting | stand_ins) - self._requesters() - self._deciders()
        return people.filtered(lambda user: user.active and self.with_user(user).has_access("read"))

    def _asking_policies(self):
        asking = self.verdict_ids.filtered(lambda row: row.waits == "approval")
        return asking.filtered(lambda row: row.outcome == "block").policy_id

    def _is_asked(self, user, wanted, facts):
        voice = Voice(user.id, user.id, True, **self._hats(user))
        return any(may_speak(parameters, facts, voice) for parameters in wanted)

    def _ask_approvers(self):
        """Give each approver an activity and a message with a link to decide."""
        self.ensure_one()
        if not self._asking_policies():
            return
        people = self._approvers()
        for user in people:
            self._ask(user)
        self._tell("approval.asked", people=people.mapped("login"), why=self.waiting_for or "")

    def _ask(self, user):
        self = self.with_context(lang=user.lang, mail_activity_quick_update=True)
        summary = self.env._("Approve: %s", self.display_name)
        outlook = self._outlook()
        deadline = (self.approval_until or fields.Datetime.now() + timedelta(days=1)).date()
        self.activity_schedule(
            ACTIVITY, date_deadline=deadline, summary=summary, note=outlook, user_id=user.id
        )
        link = Markup('<p><a href="%s">%s</a></p>') % (
            self._decision_url(user),
            self.env._("Approve or reject"),
        )
        self.message_notify(
            partner_ids=user.partner_id.ids,
            subject=summary,
            body=outlook + link,
            model=self._name,
            res_id=self.id,
        )

    def _stop_asking(self):
        """Take the question back from everybody."""
        for run in self.sudo():
            run.activity_ids.filtered(
                lambda each: each.activity_type_id == self.env.ref(ACTIVITY)
            ).unlink()

    def _decision_url(self, user):
        """Return a link for one person and this very spec: signed, and good until it is decided."""
        facts = [self.id, user.id, self.spec_fingerprint]
        until = self.approval_until or fields.Datetime.now() + timedelta(hours=LINK_HOURS)
        left = until - fields.Datetime.now()
        token = hash_sign(self.env(su=True), SCOPE, facts, expiration=left)
        return f"{self.get_base_url()}/ipai/approval/{token}"

    def _of_link(self, token, user):
        """Return the run a link is about, or nothing when it is not this person's or over."""
        try:
            facts = verify_hash_signed(self.env(su=True), SCOPE, token)
        except (ValueError, IndexError):
            facts = None
        if not facts or facts[1] != user.id:
            return self.browse()
        run = self.search([("id", "=", facts[0])])
        known = run.sudo()
        is_open = run and known.state == "blocked" and known.spec_fingerprint == facts[2]
        return run if is_open and user not in known._deciders() else self.browse()

    def _tell_decision(self, approval):
        """Say what was decided where people and machines look."""
        decisions = dict(approval._fields["decision"]._description_selection(self.env))
        said = f"{decisions[approval.decision]}: {approval.reason or '–'}"
        author = approval.user_id.partner_id.id
        self.message_post(body=said, author_id=author)
        if approval.decision == "overridden":
            loud = self.env._("Emergency: %(run)s passed every policy.", run=self.display_name)
            self.environment_id.message_post(body=f"{loud} {said}", author_id=author)
        self._tell(
            "approval.decided",
            decision=approval.decision,
            by=approval.user_id.login,
            reason=approval.reason or "",
        )
        details = {"via": approval.via, "reason": approval.reason or ""}
        self.env["ops.audit"]._note(f"run.{approval.decision}", self, **details)

    def _tell(self, kind, **payload):
        """Note a fact for other systems."""
        self.env["ops.fact"]._note(kind, self, **payload)
