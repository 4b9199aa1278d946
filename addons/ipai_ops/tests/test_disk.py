"""A limit of the disk: measured, shown, told, and kept by stopping what outgrows it."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .data_case import DataCase

GB = 10**9


@tagged("post_install", "-at_install", "ipai_ops")
class TestDisk(DataCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.production.database_server_id
        cls.production.disk_limit_gb = 10
        cls.production.state = "up"

    def measure(self, files, database, state="done"):
        """Let a look at the server end with what it found."""
        found = {"files_bytes": files * GB, "database_bytes": database * GB}
        run = self.server._measure("schedule")
        result = {"environments": {str(self.production.id): found}}
        if state == "failed":
            return self.play(run, until="measure")
        return self.play(run, measure=result)

    def alert(self):
        known = [("environment_id", "=", self.production.id), ("key", "=", "disk")]
        return self.env["ops.alert"].search([*known, ("state", "!=", "resolved")])

    def stops(self):
        return self.env["ops.run"].search(
            [("environment_id", "=", self.production.id), ("kind", "=", "stop")]
        )

    def held(self):
        """Let production outgrow its limit, and be stopped."""
        self.measure(8, 4)
        return self.play(self.stops())

    def queued_deploy(self):
        run = self.production._deploy("push", "b" * 40)
        return run, run._passes_policies()

    def test_what_was_measured_shows_as_used_of_the_limit(self):
        run = self.measure(1.25, 2)
        self.assertEqual(self.production.disk_usage, "3.2 of 10 GB")
        self.assertEqual(self.production.disk_measured_at, run.finished_at)
        self.assertEqual(self.production.disk_level, "ok")
        self.assertFalse(self.alert())

    def test_one_look_is_under_way_per_server_and_older_ones_go(self):
        first = self.server._measure("schedule")
        self.assertEqual(self.server._measure("button"), first)
        first.sudo()._request_cancel()
        run = self.measure(1, 1)
        self.assertEqual(self.env["ops.run"].search([("kind", "=", "measure")]), run)
        self.assertFalse(self.env["ops.fact"].search([("run_id", "=", run.id)]))

    def test_what_is_destroyed_meanwhile_is_not_looked_at_any_more(self):
        run = self.server._measure("schedule")
        self.assertIn(self.production.id, [one["id"] for one in run.spec["measured"]])
        self.production.state = "destroying"
        run._begin()
        self.assertNotIn(self.production.id, [one["id"] for one in run.spec["measured"]])

    def test_near_the_limit_somebody_is_told_what_to_do_and_nothing_stops(self):
        self.measure(4, 4)
        self.assertEqual((self.alert().severity, self.production.disk_level), ("warning", "near"))
        self.assertIn("8.0 of 10 GB", self.alert().name)
        self.assertIn("Raise “Disk (GB)”", self.alert().message)
        self.assertFalse(self.stops())
        self.measure(1, 1)
        self.assertFalse(self.alert())

    def test_at_the_limit_the_service_stops_and_the_trail_says_why(self):
        self.measure(8, 4)
        self.assertEqual(self.alert().severity, "critical")
        stop = self.stops()
        self.assertEqual(stop.step_ids.mapped("kind"), ["withdraw"])
        self.play(stop)
        self.assertEqual(self.production.state, "asleep")
        self.assertTrue(self.production.disk_held_at)
        trail = [("action", "=", "environment.stopped_for_disk")]
        self.assertEqual(self.env["ops.audit"].search_count(trail), 1)
        self.measure(8, 4)
        self.assertEqual(self.stops(), stop, "what is stopped is not stopped again")

    def test_without_a_limit_it_is_only_measured(self):
        self.project.max_disk_gb = 0
        self.production.disk_limit_gb = 0
        self.measure(800, 400)
        self.assertEqual(self.production.disk_usage, "1200.0 GB, no limit")
        self.assertFalse(self.stops() or self.alert())

    def test_what_is_under_way_ends_before_the_service_stops(self):
        run = self.production._deploy("push", "b" * 40)
        self.measure(8, 4)
        self.assertFalse(self.stops())
        run._request_cancel()
        self.measure(8, 4)
        self.assertTrue(self.stops())

    def test_a_stop_that_fails_is_tried_after_the_next_look(self):
        self.measure(8, 4)
        self.play(self.stops(), until="withdraw")
        self.assertEqual(self.production.state, "up")
        self.assertFalse(self.production.disk_held_at)
        self.measure(8, 4)
        self.assertEqual(len(self.stops()), 2)

    def test_a_deploy_without_room_fails_at_once_with_the_way_on(self):
        self.held()
        run, may_begin = self.queued_deploy()
        self.assertFalse(may_begin)
        self.assertEqual((run.state, self.production.state), ("failed", "asleep"))
        self.assertIn("12.0 of 10 GB", run.cause)
        self.assertIn("press Resume", run.hint)

    def test_more_room_and_one_click_bring_it_back(self):
        self.held()
        with self.assertRaisesRegex(UserError, r"12\.0 of 10 GB.*Raise “Disk"):
            self.production.action_resume()
        self.production.disk_limit_gb = 50
        self.production.action_resume()
        run = self.production.waiting_run_id
        self.assertEqual(run.kind, "restart")
        self.assertTrue(run._passes_policies())
        self.play(run)
        self.assertEqual((self.production.state, self.production.disk_held_at), ("up", False))
        self.assertTrue(self.env["ops.audit"].search([("action", "=", "environment.resumed")]))

    def test_freed_space_and_one_click_bring_it_back_too(self):
        self.held()
        self.measure(1, 2)
        self.assertFalse(self.alert())
        self.production.action_resume()
        self.assertEqual(self.production.waiting_run_id.kind, "restart")

    def test_a_release_that_fails_leaves_it_stopped(self):
        self.held()
        self.production.disk_limit_gb = 50
        self.production.action_resume()
        self.play(self.production.waiting_run_id, until="release")
        self.assertEqual(self.production.state, "asleep")

    def test_resuming_what_was_not_stopped_says_so(self):
        with self.assertRaisesRegex(UserError, "was not stopped"):
            self.production.action_resume()

    def test_a_failed_look_changes_nothing(self):
        self.measure(1, 1)
        self.measure(9, 9, state="failed")
        self.assertEqual(self.production.disk_usage, "2.0 of 10 GB")

    def test_a_new_environment_has_the_limit_of_its_stage_and_never_more_than_its_project(self):
        self.project.max_disk_gb = 15
        self.assertEqual(self.make_environment("feature/a").disk_limit_gb, 15)
        self.project.max_disk_gb = 50
        self.assertEqual(self.make_environment("feature/b").disk_limit_gb, 20)
        with self.assertRaisesRegex(ValidationError, "feature/b"):
            self.project.max_disk_gb = 18

    def test_nobody_takes_more_than_the_project_allows_nor_no_limit_at_all(self):
        self.project.max_disk_gb = 40
        self.env["ops.project.member"].search([("user_id", "=", self.operator.id)]).unlink()
        self.project._let_in(self.operator, "developer")
        preview = self.make_environment("feature/disk").with_user(self.operator)
        preview.disk_limit_gb = 30
        for wrong in (41, 0):
            with self.subTest(wrong), self.assertRaisesRegex(ValidationError, "ask a manager"):
                preview.disk_limit_gb = wrong
        with self.assertRaises(AccessError):
            preview.disk_used_bytes = 0
        with self.assertRaises(AccessError):
            preview.disk_held_at = False
        with self.assertRaises(AccessError):
            preview.project_id.max_disk_gb = 0
