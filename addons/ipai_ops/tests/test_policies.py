from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import OTHER_SHA, SHA, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestPolicies(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.make_member("admin")
        cls.staging = cls.make_environment("release", stage="staging")

    def policy(self, rule, **values):
        names = {"name": rule, "rule": rule, "project_id": self.project.id}
        return self.env["ops.policy"].create({**names, "stage": "production", **values})

    def freeze(self, **values):
        now = fields.Datetime.now()
        period = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
        return self.policy("freeze", **{**period, **values})

    def test_without_a_policy_a_run_queues_at_once(self):
        run = self.production._deploy("push", SHA)
        self.assertEqual((run.state, len(run.verdict_ids)), ("queued", 0))

    def test_a_blocking_rule_holds_the_run_back_and_says_why(self):
        self.freeze()
        run = self.production._deploy("push", SHA)
        self.assertEqual(run.state, "blocked")
        self.assertEqual(run.verdict_ids.outcome, "block")
        self.assertIn("Frozen until", run.verdict_ids.why)
        self.assertIn("Waiting for approval to deploy 3f2c1a9 · Frozen until", run.headline)

    def test_a_warning_rule_lets_it_on_and_says_why(self):
        self.freeze(enforcement="warn")
        run = self.production._deploy("push", SHA)
        self.assertEqual((run.state, run.verdict_ids.outcome), ("queued", "warn"))

    def test_a_rule_that_is_off_says_nothing(self):
        self.freeze(enforcement="off")
        self.assertFalse(self.production._deploy("push", SHA).verdict_ids)

    def test_a_rule_holds_for_its_project_stage_and_kinds(self):
        self.freeze()
        other = self.project.copy({"code": "other"}).environment_ids
        self.assertEqual(other._deploy("push", SHA).state, "queued")
        self.assertEqual(self.staging._deploy("push", SHA).state, "queued")
        self.policy("freeze", stage="staging", kinds="destroy", **self.always())
        self.assertEqual(self.staging._deploy("push", SHA).state, "queued")
        self.assertEqual(self.staging._destroy("button").state, "blocked")

    def always(self):
        return {"ends_at": fields.Datetime.now() + timedelta(days=1)}

    def test_a_freeze_that_is_over_lets_the_run_go_on_by_itself(self):
        policy = self.freeze()
        run = self.production._deploy("push", SHA)
        policy.ends_at = fields.Datetime.now() - timedelta(minutes=1)
        self.env["ops.run"]._cron_recheck()
        self.assertEqual((run.state, run.verdict_ids.outcome), ("queued", "pass"))

    def test_a_run_that_waited_in_the_queue_is_judged_again_before_it_begins(self):
        run = self.production._deploy("push", SHA)
        self.freeze()
        self.assertFalse(run._passes_policies())
        self.assertEqual(run.state, "blocked")

    def test_a_worker_gets_no_run_that_a_policy_holds_back(self):
        self.production.runner = "worker"
        self.production._deploy("push", SHA)
        self.freeze()
        runs = self.env["ops.run"].with_user(self.operator)
        self.assertIs(runs.claim_next_run("w"), False)

    def test_a_newer_run_takes_the_place_of_the_blocked_one_of_its_kind(self):
        self.freeze()
        first = self.production._deploy("push", SHA)
        second = self.production._deploy("push", OTHER_SHA)
        self.assertEqual((first.state, first.superseded_by_id), ("superseded", second))
        self.assertEqual(second.state, "blocked")

    def test_a_blocked_run_leaves_the_queue_to_others(self):
        self.policy("freeze", kinds="deploy", **self.always())
        blocked = self.production._deploy("push", SHA)
        self.production.image_id = self.env["ops.artifact"]._plan(blocked, "image", "x", "r/x@1")
        restart = self.production._restart("button")
        self.assertEqual((blocked.state, restart.state), ("blocked", "queued"))

    def test_a_released_run_waits_for_a_newer_one_of_another_kind(self):
        policy = self.freeze(kinds="deploy")
        blocked = self.production._deploy("push", SHA)
        self.production.image_id = self.env["ops.artifact"]._plan(blocked, "image", "x", "r/x@1")
        restart = self.production._restart("button")
        policy.enforcement = "off"
        self.env["ops.run"]._cron_recheck()
        self.assertEqual(blocked.state, "blocked")
        self.finish(restart)
        self.env["ops.run"]._cron_recheck()
        self.assertEqual(blocked.state, "queued")

    def test_a_push_of_the_commit_that_waits_asks_nobody_again(self):
        self.freeze()
        run = self.production._deploy("push", SHA)
        self.assertTrue(self.project._is_known(self.production, SHA, "push"))
        self.assertEqual(run.state, "blocked")

    def test_destroying_the_environment_ends_what_waits_there(self):
        self.policy("freeze", stage="staging", kinds="deploy", **self.always())
        run = self.staging._deploy("push", SHA)
        self.staging._destroy("button")
        self.assertEqual(run.state, "cancelled")

    def test_a_blocked_run_can_be_cancelled(self):
        self.freeze()
        run = self.production._deploy("push", SHA)
        run.with_user(self.operator).action_cancel()
        self.assertEqual(run.state, "cancelled")

    def test_a_green_build_elsewhere_is_asked_for_and_found(self):
        self.policy("green_build", green_stage="staging")
        self.assertEqual(self.production._deploy("push", SHA).state, "blocked")
        self.finish(self.staging._deploy("push", SHA)).colour = "green"
        self.env["ops.run"]._cron_recheck()
        self.assertEqual(self.production._deploy("push", SHA).state, "queued")

    def test_a_proven_backup_is_asked_for(self):
        self.policy("proven_backup")
        run = self.production._deploy("push", SHA)
        self.assertEqual(run.state, "blocked")
        self.assertRegex(run.verdict_ids.why, "There is no proven backup|Backups are not known")

    def test_a_shell_is_judged_without_a_run(self):
        self.policy("shell")
        self.policy("session_length", max_minutes=30, enforcement="warn")
        self.policy("ip_ranges", ranges="192.0.2.0/24")
        place = self.production.with_user(self.admin)
        told = place._judged("shell", minutes=45, address="192.0.2.7")
        self.assertEqual(
            {policy.rule: outcome for policy, _verdict, outcome in told},
            {"shell": "block", "session_length": "warn", "ip_ranges": "pass"},
        )

    def test_parameters_are_checked(self):
        with self.assertRaisesRegex(ValidationError, "no kind of work"):
            self.policy("approvals", kinds="deploy, dance")
        with self.assertRaisesRegex(ValidationError, "no range"):
            self.policy("ip_ranges", ranges="192.0.2.0/240")
        with self.assertRaisesRegex(ValidationError, "Say when"):
            self.policy("freeze")

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_policies_are_changed_by_those_with_the_right_and_the_general_ones_by_managers(self):
        own = self.freeze()
        general = self.env.ref("ipai_ops.policy_production_approval")
        own.with_user(self.admin).enforcement = "warn"
        values = {"name": "Mine", "rule": "approvals"}
        policies = self.env["ops.policy"]
        policies.with_user(self.admin).create({**values, "project_id": self.project.id})
        general.with_user(self.manager).enforcement = "block"
        for person, policy in ((self.operator, own), (self.viewer, own), (self.admin, general)):
            with self.subTest(person.login), self.assertRaises(AccessError):
                policy.with_user(person).enforcement = "off"
        with self.assertRaises(AccessError):
            policies.with_user(self.admin).create(values)
        with self.assertRaises(AccessError):
            own.with_user(self.operator).unlink()
        with self.assertRaises(UserError):
            own.with_user(self.admin).project_id = False
