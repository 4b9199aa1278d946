"""Promotion: the build that was tried is the one that production gets, by those who may, after a look."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SHA, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestPromotion(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staging = cls.make_environment("release/2.4", stage="staging")
        cls.image = cls.built(cls.staging)

    @classmethod
    def built(cls, environment, digest="1"):
        """Let the environment serve a build of its own, as a finished deploy leaves it."""
        run = environment._deploy("push", SHA, commit_subject="Show the margin")
        cls.finish(run)
        image = cls.env["ops.artifact"]._plan(run, "image", SHA, f"reg/acme@sha256:{digest}")
        image._mark_present()
        run.step_ids[0].result = {"image": image.uri}
        update = run.step_ids.filtered(lambda step: step.name == "update")
        update.write({"state": "done", "result": {"modules": ["acme_sale", "acme_stock"]}})
        environment.image_id = image
        return image

    def wizard(self, user=None, **values):
        """Open the wizard as the button does, as ``user``."""
        staging = self.staging.with_user(user or self.operator)
        action = staging.action_promote()
        wizards = self.env[action["res_model"]].with_user(user or self.operator)
        return wizards.with_context(**action["context"]).create(values)

    def test_production_gets_the_very_build_and_nothing_is_built_again(self):
        action = self.wizard().action_confirm()
        run = self.env["ops.run"].browse(action["res_id"])
        self.assertEqual((run.environment_id, run.kind), (self.production, "deploy"))
        self.assertEqual((run.redeploy_image_id, run.commit), (self.image, SHA))
        self.assertEqual(run.spec["redeploy"]["image"], self.image.uri)
        steps = run.step_ids.mapped("name")
        self.assertNotIn("build", steps)
        self.assertLess(steps.index("point"), steps.index("update"))
        self.assertEqual(run.requested_by_id, self.operator)
        self.assertIn("Promoted to production", self.staging.message_ids[:1].body)

    def test_it_tells_before_what_comes_what_it_costs_and_what_stays_to_do(self):
        wizard = self.wizard()
        self.assertEqual(wizard.commit, f"{SHA[:7]} Show the margin")
        self.assertEqual(wizard.commit_now, "nothing yet")
        self.assertEqual(wizard.module_plan, "2 in release/2.4: acme_sale, acme_stock")
        self.assertIn("first deploy", wizard.takes_about)
        self.assertIn("no proven backup", wizard.data_at_risk)
        self.assertIn("Merge release/2.4 into main", wizard.branch_note)
        self.assertFalse(wizard.verdicts_html)

    def test_how_long_it_takes_is_told_from_productions_own_deploys(self):
        steps = self.finish(self.production._deploy("push", SHA)).step_ids
        steps.write({"state": "done"})
        seconds = {"build": 600.0, "update": 42.0, "release": 18.0}
        for step in steps:
            step.duration_seconds = seconds.get(step.name, 0.0)
        self.assertEqual(self.wizard().takes_about, "1 min")  # the build is not done again

    def test_the_policies_are_asked_before_and_a_blocked_one_waits(self):
        policy = {"name": "Four eyes", "rule": "approvals", "enforcement": "block"}
        self.env["ops.policy"].create({**policy, "project_id": self.project.id})
        wizard = self.wizard()
        self.assertTrue(wizard.is_blocked)
        self.assertIn("Four eyes", wizard.verdicts_html)
        run = self.env["ops.run"].browse(wizard.action_confirm()["res_id"])
        self.assertEqual(run.state, "blocked")

    def test_a_look_leaves_nothing_behind(self):
        before = self.env["ops.run"].search_count([])
        self.assertTrue(self.wizard().module_plan)
        self.env.flush_all()
        self.assertEqual(self.env["ops.run"].search_count([]), before)

    def test_another_build_than_the_one_looked_at_is_not_promoted(self):
        wizard = self.wizard()
        self.built(self.staging, digest="2")
        with self.assertRaisesRegex(UserError, "another build by now"):
            wizard.action_confirm()

    def test_an_older_build_takes_the_right_to_roll_back(self):
        newer = self.built(self.staging, digest="2")
        self.assertNotEqual(newer, self.image)
        with self.assertRaisesRegex(UserError, "another build by now"):
            self.wizard(image_id=self.image.id).action_confirm()

    def test_where_there_is_nothing_to_promote_a_sentence_says_so(self):
        fresh = self.make_environment("release/2.5", stage="staging")
        with self.assertRaisesRegex(UserError, "deploy first"):
            fresh.action_promote()
        with self.assertRaisesRegex(UserError, "This is production"):
            self.production.action_promote()
        self.production.image_id = self.image
        with self.assertRaisesRegex(UserError, "already"):
            self.staging.action_promote()
        self.production.state = "destroyed"
        with self.assertRaisesRegex(UserError, "no production"):
            self.staging.action_promote()

    def test_the_button_is_there_for_those_who_may_deploy_production_only(self):
        developer = self.make_member("developer")
        self.assertTrue(self.staging.with_user(self.operator).may_promote)
        self.assertFalse(self.production.with_user(self.operator).may_promote)
        for user in (developer, self.viewer):
            with self.subTest(user.login):
                self.assertFalse(self.staging.with_user(user).may_promote)
                with self.assertRaises(AccessError):
                    self.staging.with_user(user).action_promote()

    def make_other_project(self):
        values = {"name": "Blue", "code": "blue", "repository_url": "https://git.example.org/b.git"}
        return self.env["ops.project"].create(values).environment_ids

    def test_a_look_tells_nothing_of_another_projects_build(self):
        foreign = self.built(self.make_other_project(), digest="b")
        with self.assertRaises(AccessError):
            self.wizard(image_id=foreign.id)

    def test_another_projects_build_is_never_deployed(self):
        other = self.make_other_project()
        with self.assertRaisesRegex(UserError, "another project"):
            other._redeploy(self.image)
        self.production.with_user(self.operator)._redeploy(self.image)
