from odoo.tests import tagged

from ..engine.webhooks import BranchDeleted, Ignored, Ping, PullRequestEvent, PushEvent
from .common import OTHER_SHA, SHA, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestHooks(OpsCase):
    def test_a_push_deploys_the_environment_of_its_branch(self):
        run, _reason = self.push("main", SHA, "Fix VAT", "Ines")
        self.assertEqual(run.environment_id, self.production)
        self.assertEqual((run.commit, run.ref), (SHA, "refs/heads/main"))
        self.assertEqual((run.commit_subject, run.commit_author), ("Fix VAT", "Ines"))

    def test_the_most_specific_pattern_gets_the_push(self):
        wide = self.make_environment("releases", stage="staging", branch_pattern="release/*")
        narrow = self.make_environment("two", stage="staging", branch_pattern="release/2.*")
        self.assertEqual(self.push("release/2.4")[0].environment_id, narrow)
        self.assertEqual(self.push("release/1.9")[0].environment_id, wide)
        self.assertEqual(wide.branch, "release/1.9")

    def test_a_new_development_branch_makes_an_environment(self):
        run, _reason = self.push("feature/pos")
        environment = run.environment_id
        self.assertEqual(environment.stage, "development")
        self.assertEqual(environment.branch_pattern, "feature/pos")
        self.assertEqual(self.push("feature/pos", OTHER_SHA)[0].environment_id, environment)

    def test_a_branch_nobody_wants_is_ignored_and_says_so(self):
        self.project.development_patterns = "feature/*"
        run, reason = self.push("scratch")
        self.assertFalse(run)
        self.assertIn("scratch", reason)

    def test_a_development_pattern_may_be_more_specific_than_an_environment(self):
        self.project.development_patterns = "feature/*"
        self.make_environment("all", stage="staging", branch_pattern="*")
        self.assertEqual(self.push("feature/x")[0].environment_id.stage, "development")
        self.assertEqual(self.push("hotfix")[0].environment_id.name, "all")

    def test_two_messages_of_one_commit_are_one_run(self):
        first, _reason = self.push("feature/pos", SHA)
        second, reason = self.push("feature/pos", SHA)
        self.assertFalse(second)
        self.assertIn("on its way", reason)
        self.assertEqual(first.state, "queued")

    def test_the_same_commit_pushed_again_later_is_deployed_again(self):
        self.finish(self.push("main", SHA)[0])
        self.assertTrue(self.push("main", SHA)[0])

    def test_a_push_to_an_environment_being_destroyed_makes_a_new_one(self):
        old = self.push("feature/pos")[0].environment_id
        old._destroy("button")
        new = self.push("feature/pos")[0].environment_id
        self.assertNotEqual(new, old)
        self.assertEqual(new.host, old.host)

    def test_a_deleted_development_branch_takes_its_environment_along(self):
        environment = self.push("feature/pos")[0].environment_id
        run, _reason = self.project._receive(BranchDeleted("feature/pos"))
        self.assertEqual((run.kind, run.environment_id), ("destroy", environment))

    def test_a_deleted_branch_of_production_leaves_a_note_only(self):
        run, _reason = self.project._receive(BranchDeleted("main"))
        self.assertFalse(run)
        self.assertEqual(self.production.state, "new")
        self.assertIn("was deleted", self.production.message_ids[0].body)

    def test_a_pinned_environment_survives_its_branch(self):
        environment = self.push("feature/pos")[0].environment_id
        environment.is_pinned = True
        self.assertFalse(self.project._receive(BranchDeleted("feature/pos"))[0])

    def test_a_pull_request_makes_an_environment_and_its_end_destroys_it(self):
        run, _reason = self.project._receive(self.request())
        environment = run.environment_id
        self.assertEqual((environment.pull_request, environment.stage), (41, "development"))
        self.assertEqual(run.ref, "refs/pull/41/head")
        update, _reason = self.project._receive(self.request(commit=OTHER_SHA))
        self.assertEqual(update.environment_id, environment)
        closed, _reason = self.project._receive(self.request(is_open=False))
        self.assertEqual((closed.kind, closed.environment_id), ("destroy", environment))

    def test_a_pull_request_of_a_development_branch_uses_its_environment(self):
        environment = self.push("feature/pos", SHA)[0].environment_id
        run, reason = self.project._receive(self.request(commit=SHA))
        self.assertFalse(run, "the commit is on its way already")
        self.assertTrue(reason)
        self.assertEqual(environment.pull_request, 41)
        self.assertEqual(environment._ref(), "refs/pull/41/head")

    def test_merge_requests_of_gitlab_are_fetched_by_gitlabs_ref(self):
        self.project.forge = "gitlab"
        environment = self.make_environment()
        environment.pull_request = 7
        self.assertEqual(environment._ref(), "refs/merge-requests/7/head")

    def test_a_pull_request_of_a_fork_is_not_built(self):
        run, reason = self.project._receive(self.request(is_from_fork=True))
        self.assertFalse(run)
        self.assertIn("forks", reason)

    def test_a_project_may_do_without_previews(self):
        self.project.pull_request_previews = False
        self.assertFalse(self.project._receive(self.request())[0])

    def test_a_pull_request_of_a_staging_branch_needs_no_preview(self):
        self.make_environment("pos", stage="staging", branch_pattern="feature/*",
                              branch="feature/pos")  # fmt: skip
        run, reason = self.project._receive(self.request())
        self.assertFalse(run)
        self.assertIn("serves this branch", reason)

    def test_pings_and_unused_events_queue_nothing(self):
        self.assertFalse(self.project._receive(Ping())[0])
        self.assertEqual(self.project._receive(Ignored("so"))[1], "so")

    def push(self, branch, commit=SHA, subject="", author=""):
        return self.project._receive(PushEvent(branch, commit, subject, author))

    def request(self, **changes):
        facts = {
            "number": 41,
            "is_open": True,
            "branch": "feature/pos",
            "commit": SHA,
            "ref": "refs/pull/41/head",
            "url": "https://git.example.org/acme/erp/pulls/41",
        }
        return PullRequestEvent(**{**facts, **changes})
