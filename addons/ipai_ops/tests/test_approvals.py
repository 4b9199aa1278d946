from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import OTHER_SHA, SHA, OpsCase, OpsMixin


class ApprovalMixin(OpsMixin):
    @classmethod
    def set_up_operations(cls):
        super().set_up_operations()
        cls.ann, cls.bob, cls.cid = (
            cls.make_member("admin", login=f"ops_{name}") for name in ("ann", "bob", "cid")
        )
        cls.policy = cls.env["ops.policy"].create(
            {"name": "Two more eyes", "rule": "approvals", "stage": "production", "quorum": 1}
        )

    def ask(self, user=None, sha=SHA):
        place = self.production.with_user(user or self.operator)
        return place._deploy("button", sha).sudo()

    def asked(self, run):
        return run.activity_ids.user_id

    def decide(self, user, run, decision="approve", reason="Fine."):
        runs = self.env["ops.run"].with_user(user)
        return getattr(runs, f"{decision}_run")(run.id, reason)


@tagged("post_install", "-at_install", "ipai_ops")
class TestApprovals(ApprovalMixin, OpsCase):
    def test_each_approver_is_asked_with_what_will_happen(self):
        run = self.ask()
        self.assertEqual((run.state, self.asked(run)), ("blocked", self.ann | self.bob | self.cid))
        note = run.activity_ids[0].note
        for words in ("Acme ERP / main", "Modules", "Data at risk", "Takes about"):
            self.assertIn(words, note)
        self.assertIn("Not known: nothing like it has ended here yet.", note)
        run.step_ids[0].predicted_seconds = 300
        self.assertIn("5 min", run._outlook())
        about = [("model", "=", "ops.run"), ("res_id", "=", run.id)]
        notices = self.env["mail.message"].search([*about, ("body", "like", "/ipai/approval/")])
        self.assertEqual(notices.notified_partner_ids, (self.ann | self.bob | self.cid).partner_id)

    def test_the_outlook_names_what_the_commit_updated_before(self):
        staging = self.make_environment("release", stage="staging")
        earlier = staging._deploy("push", SHA)
        update = earlier.step_ids.filtered(lambda step: step.name == "update")
        update.write({"state": "done", "result": {"modules": ["acme_sale", "acme_stock"]}})
        self.finish(earlier)
        self.production.commit = OTHER_SHA
        run = self.ask()
        self.assertEqual(run.module_plan, "2 in release: acme_sale, acme_stock")
        self.assertEqual(
            run.compare_url, f"https://git.example.org/acme/erp/compare/{OTHER_SHA}...{SHA}"
        )
        self.assertIn("updated in place", run.data_at_risk)

    def test_an_approval_lets_the_run_into_the_queue(self):
        run = self.ask()
        self.decide(self.ann, run)
        self.assertEqual((run.state, run.waiting_for), ("queued", False))
        self.assertFalse(self.asked(run))
        approval = run.approval_ids
        self.assertEqual((approval.user_id, approval.decision), (self.ann, "approved"))
        self.assertEqual((approval.via, approval.reason), ("api", "Fine."))

    def asked_archive(self):
        """Return a backup and the run that writes its archive, asked for by the manager."""
        backup = self.make_backup(self.production)
        backup.image_id = self.env["ops.artifact"].search([("kind", "=", "image")], limit=1)
        run = backup.with_user(self.manager)._export("button").sudo()
        return backup, run

    def test_a_download_waits_and_is_asked_for_once(self):
        backup, run = self.asked_archive()
        self.assertEqual((run.state, self.asked(run)), ("blocked", self.ann | self.bob | self.cid))
        self.assertEqual(backup.with_user(self.manager)._export("button"), run)
        self.decide(self.ann, run)
        self.assertEqual(run.state, "queued")

    def test_an_approved_archive_is_only_for_whoever_asked_for_it(self):
        backup, run = self.asked_archive()
        until = {"export_until": fields.Datetime.add(fields.Datetime.now(), hours=5)}
        backup.write(until)
        with self.assertRaisesRegex(AccessError, "0 of 1 approved"):
            backup.with_user(self.manager)._archive()
        self.decide(self.ann, run)
        self.assertEqual(backup.with_user(self.manager)._archive(), backup.export_name)
        with self.assertRaisesRegex(AccessError, "A policy keeps this archive from you"):
            backup.with_user(self.ann)._archive()
        with self.assertRaisesRegex(AccessError, "A policy keeps this archive from you"):
            backup.with_user(self.ann).action_download()
        told = self.env["ops.audit"].search([("action", "=", "backup.downloaded")])
        self.assertEqual(told.mapped("login"), [self.manager.login])

    def test_what_passed_in_an_emergency_is_downloaded(self):
        backup, run = self.asked_archive()
        backup.write({"export_until": fields.Datetime.add(fields.Datetime.now(), hours=5)})
        self.decide(self.bob, run, "override", "The lawyers wait.")
        self.assertEqual(backup.with_user(self.manager)._archive(), backup.export_name)

    def test_a_rejection_ends_the_run_and_needs_a_reason(self):
        run = self.ask()
        with self.assertRaisesRegex(UserError, "Say why"):
            self.decide(self.ann, run, "reject", " ")
        self.decide(self.ann, run, "reject", "Not on a Friday.")
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(
            run.cause, "Rejected by ops_ann: Not on a Friday.".replace("ops_ann", self.ann.name)
        )

    def test_nobody_decides_on_their_own_run(self):
        run = self.ask(self.ann)
        self.assertNotIn(self.ann, self.asked(run))
        for decision in ("approve", "reject"):
            with self.subTest(decision), self.assertRaisesRegex(AccessError, "their own run"):
                self.decide(self.ann, run, decision)

    def test_who_wrote_the_commit_does_not_approve_it(self):
        self.ann.email = "ann@example.org"
        for author in (self.ann.name, "Somebody <ann@example.org>", "ann@example.org"):
            run = self.production._deploy("push", SHA, commit_author=author).sudo()
            with self.subTest(author), self.assertRaisesRegex(AccessError, "their own run"):
                self.decide(self.ann, run)

    def test_a_pattern_as_an_authors_name_shuts_nobody_out(self):
        run = self.production._deploy("push", SHA, commit_author="%").sudo()
        self.decide(self.ann, run)
        self.assertEqual(run.state, "queued")

    def test_retrying_somebodys_run_does_not_let_them_approve_it(self):
        self.policy.enforcement = "off"
        first = self.finish(self.ask(self.ann), "failed")
        self.policy.enforcement = "block"
        run = first.with_user(self.bob)._queue_again("retry", retry_of=first).sudo()
        with self.assertRaisesRegex(AccessError, "their own run"):
            self.decide(self.ann, run)
        self.decide(self.cid, run)
        second = self.finish(run, "failed")
        run = second.with_user(self.cid)._queue_again("retry", retry_of=second).sudo()
        for user in (self.ann, self.bob, self.cid):
            with self.subTest(user.login), self.assertRaisesRegex(AccessError, "their own run"):
                self.decide(user, run)

    def test_a_quorum_takes_different_people(self):
        self.policy.quorum = 2
        run = self.ask()
        self.decide(self.ann, run)
        self.assertEqual((run.state, run.waiting_for), ("blocked", "1 of 2 approved so far."))
        with self.assertRaisesRegex(UserError, "decided on this run already"):
            self.decide(self.ann, run)
        self.decide(self.bob, run)
        self.assertEqual(run.state, "queued")

    def test_only_the_role_that_is_asked_for_counts(self):
        role = self.env.ref("ipai_ops.role_viewer").copy({"name": "Release board"})
        values = {"permission": "approve", "in_production": True}
        role.right_ids = [fields.Command.create(values)]
        self.policy.approver_role_id = role
        member = {"project_id": self.project.id, "user_id": self.cid.id, "role_id": role.id}
        self.env["ops.project.member"].create(member)
        run = self.ask()
        self.assertEqual(self.asked(run), self.cid)
        self.decide(self.ann, run)
        self.assertEqual(run.state, "blocked")
        self.decide(self.cid, run)
        self.assertEqual(run.state, "queued")

    def test_a_changed_run_voids_what_was_decided(self):
        self.policy.quorum = 2
        run = self.ask()
        self.decide(self.ann, run)
        run.spec = {**run.spec, "ref": "refs/heads/other"}
        self.assertEqual(run.approval_ids.state, "void")
        run._recheck()
        self.assertEqual(run.waiting_for, "0 of 2 approved so far.")
        self.decide(self.ann, run)
        self.decide(self.bob, run)
        self.assertEqual(run.state, "queued")

    def test_an_approver_who_lost_the_right_does_not_count_any_more(self):
        self.policy.quorum = 2
        run = self.ask()
        self.decide(self.ann, run)
        self.project.member_ids.filtered(lambda member: member.user_id == self.ann).unlink()
        self.decide(self.bob, run)
        self.assertEqual(run.state, "blocked")

    def test_a_new_run_takes_the_question_back_and_asks_anew(self):
        first = self.ask()
        second = self.ask(sha=OTHER_SHA)
        self.assertEqual((first.state, self.asked(first)), ("superseded", self.env["res.users"]))
        self.assertTrue(self.asked(second))
        with self.assertRaisesRegex(UserError, "does not wait"):
            self.decide(self.ann, first)

    def test_an_unanswered_run_is_given_up(self):
        run = self.ask()
        run.approval_until = fields.Datetime.now() - timedelta(minutes=1)
        self.env["ops.run"]._cron_recheck()
        self.assertEqual((run.state, run.cause), ("cancelled", "Nobody approved it in time."))

    def test_in_an_emergency_an_admin_passes_every_policy_and_everybody_hears(self):
        run = self.ask(self.ann)
        with self.assertRaisesRegex(UserError, "Say why"):
            self.decide(self.ann, run, "override", "")
        self.decide(self.ann, run, "override", "The shop is down.")
        self.assertEqual((run.state, run.verdict_ids.outcome), ("queued", "overridden"))
        self.assertTrue(run._passes_policies())
        said = " ".join(self.production.message_ids.mapped("body"))
        self.assertIn("Emergency", said)
        self.assertIn("The shop is down.", said)

    def test_questions_and_decisions_are_facts_and_stand_in_the_audit_trail(self):
        run = self.ask()
        self.decide(self.ann, run, "override", "The shop is down.")
        facts = self.env["ops.fact"].search([("run_id", "=", run.id)], order="id")
        told = {fact.kind: fact.payload["data"] for fact in facts}
        self.assertEqual(told["approval.asked"]["people"], ["ops_ann", "ops_bob", "ops_cid"])
        self.assertEqual(told["approval.decided"]["decision"], "overridden")
        noted = self.env["ops.audit"].search([("action", "=", "run.overridden")])
        self.assertEqual(noted.mapped("login"), ["ops_ann"])
        self.assertIn("The shop is down.", noted.details)

    def test_an_operator_passes_no_policy(self):
        run = self.ask()
        with self.assertRaises(AccessError):
            self.decide(self.operator, run, "override", "Because.")

    def test_somebody_decides_for_who_is_away(self):
        stand_in = self.make_member("viewer", login="ops_stand_in")
        with self.assertRaises(AccessError):
            self.decide(stand_in, self.ask())
        self.delegate(self.ann, stand_in)
        run = self.ask(sha=OTHER_SHA)
        self.assertIn(stand_in, self.asked(run))
        self.decide(stand_in, run)
        self.assertEqual((run.state, run.approval_ids.on_behalf_of_id), ("queued", self.ann))

    def test_a_stand_in_is_no_second_voice_and_no_way_around_four_eyes(self):
        stand_in = self.make_member("viewer", login="ops_stand_in")
        self.delegate(self.ann, stand_in)
        with self.assertRaisesRegex(AccessError, "their own run"):
            self.decide(stand_in, self.ask(self.ann))
        self.policy.quorum = 2
        run = self.ask(sha=OTHER_SHA)
        self.decide(self.ann, run)
        self.decide(stand_in, run)
        self.assertEqual(run.state, "blocked")

    def test_a_delegation_ends(self):
        stand_in = self.make_member("viewer", login="ops_stand_in")
        delegation = self.delegate(self.ann, stand_in)
        yesterday = fields.Date.today() - timedelta(days=1)
        delegation.write({"starts_on": yesterday, "ends_on": yesterday})
        with self.assertRaises(AccessError):
            self.decide(stand_in, self.ask())

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_nobody_delegates_in_anothers_name(self):
        with self.assertRaises(AccessError):
            self.delegate(self.ann, self.viewer, as_user=self.viewer)
        own = self.delegate(self.viewer, self.operator, as_user=self.viewer)
        with self.assertRaisesRegex(UserError, "for themselves"):
            own.with_user(self.viewer).user_id = self.ann

    def test_decisions_are_not_changed(self):
        run = self.ask()
        self.decide(self.ann, run)
        for values in ({"decision": "rejected"}, {"reason": "Other."}, {"user_id": self.bob.id}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "stays as it was"):
                run.approval_ids.write(values)

    def test_an_approval_cannot_help_where_none_is_asked_for(self):
        until = fields.Datetime.now() + timedelta(hours=1)
        self.policy.write({"rule": "freeze", "ends_at": until})
        with self.assertRaisesRegex(UserError, "No approval is asked for: Frozen until"):
            self.decide(self.ann, self.ask())

    def test_the_dialog_takes_the_decision(self):
        run = self.ask().with_user(self.bob)
        action = run.action_reject()
        dialogs = self.env["ops.run.decision"].with_user(self.bob).with_context(action["context"])
        dialogs.create({"reason": "Wait for the backup."}).action_confirm()
        self.assertEqual((run.state, run.sudo().approval_ids.via), ("cancelled", "form"))

    def test_what_waits_for_me_is_found(self):
        run = self.ask()
        domain = [("state", "=", "blocked"), ("activity_user_id", "=", self.ann.id)]
        self.assertEqual(self.env["ops.run"].with_user(self.ann).search(domain).ids, run.ids)
        self.assertTrue(run.with_user(self.ann).may_approve)
        for user in (self.operator, self.viewer):
            self.assertFalse(run.with_user(user).may_approve)

    def test_without_an_approver_the_managers_are_asked(self):
        self.project.member_ids.filtered(lambda member: member.role_id.code == "admin").unlink()
        self.assertIn(self.manager, self.asked(self.ask()))

    def delegate(self, user, delegate, as_user=None):
        today = fields.Date.today()
        days = {"starts_on": today, "ends_on": today + timedelta(days=7)}
        delegations = self.env["ops.delegation"].with_user(as_user or user)
        return delegations.create({"user_id": user.id, "delegate_id": delegate.id, **days})


@tagged("post_install", "-at_install", "ipai_ops")
class TestApprovalLink(ApprovalMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()

    def test_a_link_leads_to_a_decision_once(self):
        self.policy.quorum = 2
        run = self.ask()
        path = self.path(run, self.ann)
        self.log_in(self.ann)
        shown = self.url_open(path)
        self.assertEqual(shown.status_code, 200)
        self.assertIn("Data at risk", shown.text)
        self.assertFalse(run.approval_ids)
        self.assertEqual(self.press(path, "approved").status_code, 303)
        self.assertEqual((run.approval_ids.user_id, run.approval_ids.via), (self.ann, "mail"))
        self.assertEqual(self.press(path, "rejected").status_code, 410)
        self.assertEqual(len(run.approval_ids), 1)

    @mute_logger("odoo.http")  # says that it passes no part of the address on
    def test_a_mail_program_that_looks_where_the_link_leads_decides_nothing(self):
        run = self.ask()
        self.log_in(self.ann)
        address = self.base_url() + self.path(run, self.ann)
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"):
            query = {"decision": "approved", "reason": "x"}
            answer = self.opener.request(method, address, params=query, timeout=20)
            with self.subTest(method):
                self.assertLess(answer.status_code, 500)
                self.assertFalse(run.approval_ids)

    def test_a_link_needs_its_person_logged_in(self):
        run = self.ask()
        path = self.path(run, self.ann)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(path, allow_redirects=False).headers["Location"])
        for other in (self.bob, self.operator):
            self.log_in(other)
            self.assertEqual(self.press(path, "approved").status_code, 410)
        self.assertFalse(run.approval_ids)

    def test_a_forged_changed_or_old_link_opens_nothing(self):
        run = self.ask()
        self.log_in(self.ann)
        good = self.path(run, self.ann)
        forged = [good[:-4] + "AAAA", "/ipai/approval/x", "/ipai/approval/" + "A" * 90]
        for path in forged:
            with self.subTest(path):
                self.assertEqual(self.press(path, "approved").status_code, 410)
        run.spec = {**run.spec, "ref": "refs/heads/other"}
        self.env.flush_all()
        self.assertEqual(self.press(good, "approved").status_code, 410)
        run.approval_until = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(self.press(self.path(run, self.ann), "approved").status_code, 410)
        self.assertFalse(run.approval_ids)

    @mute_logger("odoo.http")
    def test_a_button_pressed_from_elsewhere_decides_nothing(self):
        run = self.ask()
        self.log_in(self.ann)
        answer = self.url_open(self.path(run, self.ann), data={"decision": "approved"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(run.approval_ids)

    def test_a_rejection_without_a_reason_asks_for_one(self):
        run = self.ask()
        self.log_in(self.ann)
        answer = self.press(self.path(run, self.ann), "rejected")
        self.assertIn("Say why", answer.text)
        self.assertEqual(run.state, "blocked")

    def log_in(self, user):
        self.session = self.authenticate(user.login, user.login)

    def path(self, run, user):
        self.env.flush_all()
        return "/ipai/approval/" + run._decision_url(user).rpartition("/")[2]

    def press(self, path, decision, reason=""):
        form = {"decision": decision, "reason": reason}
        form["csrf_token"] = Request.csrf_token(self)
        return self.url_open(path, data=form, allow_redirects=False)
