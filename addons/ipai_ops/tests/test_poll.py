from dataclasses import dataclass, field

from odoo.tests import tagged

from .common import OTHER_SHA, SHA, OpsCase


@dataclass
class Answer:
    heads: dict = field(default_factory=dict)
    error: str = ""


@tagged("post_install", "-at_install", "ipai_ops")
class TestPoll(OpsCase):
    def test_only_projects_that_ask_for_it_are_looked_at_and_only_when_due(self):
        due = self.env["ops.project"]._due_for_poll
        self.assertNotIn(self.project, due())
        self.project.poll_minutes = 5
        self.assertIn(self.project, due())
        self.project._note_polled()
        self.assertNotIn(self.project, due())

    def test_the_first_look_deploys_what_is_there_and_makes_nothing_new(self):
        self.project._take_branches(Answer({"main": SHA, "feature/old": OTHER_SHA}))
        runs = self.project.run_ids
        self.assertEqual(runs.mapped("environment_id"), self.production)
        self.assertEqual((runs.trigger, runs.commit), ("poll", SHA))

    def test_a_moved_branch_is_deployed_and_a_standing_one_is_not(self):
        self.project._take_branches(Answer({"main": SHA}))
        self.finish(self.project.run_ids)
        self.project._take_branches(Answer({"main": SHA}))
        self.assertEqual(len(self.project.run_ids), 1)
        self.project._take_branches(Answer({"main": OTHER_SHA}))
        self.assertEqual(self.production.waiting_run_id.commit, OTHER_SHA)

    def test_new_branches_make_environments_and_gone_ones_destroy_them(self):
        self.project._take_branches(Answer({"main": SHA}))
        self.project._take_branches(Answer({"main": SHA, "feature/pos": OTHER_SHA}))
        environment = self.project.environment_ids.filtered(lambda e: e.branch == "feature/pos")
        self.assertTrue(environment.waiting_run_id)
        self.project._take_branches(Answer({"main": SHA}))
        self.assertEqual(environment.state, "destroying")

    def test_what_a_webhook_told_before_is_not_deployed_twice(self):
        self.project._take_branches(Answer({"main": SHA}))
        self.finish(self.project.run_ids)
        self.finish(self.production._deploy("push", OTHER_SHA))
        self.project._take_branches(Answer({"main": OTHER_SHA}))
        self.assertEqual(len(self.project.run_ids), 2)

    def test_an_unreachable_repository_changes_nothing_and_says_why(self):
        self.project._take_branches(Answer({"main": SHA}))
        self.project._take_branches(Answer(error="The repository cannot be read."))
        self.assertEqual(self.project.poll_error, "The repository cannot be read.")
        self.assertEqual(self.project.polled_heads, {"main": SHA})
        self.project._take_branches(Answer({"main": SHA}))
        self.assertFalse(self.project.poll_error)
