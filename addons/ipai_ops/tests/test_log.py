import json

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SHA, OpsMixin


@tagged("post_install", "-at_install", "ipai_ops")
class TestLog(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.run_record = cls.env["ops.run"].browse(
            cls.env["ops.run"].queue_run("acme", "main", SHA)
        )
        cls.step = cls.run_record.step_ids[:1]

    def say(self, count, message="line %s", level="info"):
        lines = [
            {
                "seq": number,
                "attempt": 1,
                "at": "2026-01-31T10:00:00.123Z",
                "level": level,
                "message": message % number if "%s" in message else message,
            }
            for number in range(1, count + 1)
        ]
        self.run_record._ingest(self.step, [json.dumps(line) for line in lines])

    def log_of(self, login, run_id=None):
        self.authenticate(login, login)
        return self.url_open(f"/ipai/run/{run_id or self.run_record.id}/log")

    def test_a_viewer_downloads_the_whole_log_in_order(self):
        self.say(12_000)
        answer = self.log_of("ops_viewer")
        lines = answer.text.splitlines()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(len(lines), 12_000)
        self.assertEqual(lines[0], f"2026-01-31T10:00:00.123Z INFO    [{self.step.name}] line 1")
        self.assertTrue(lines[-1].endswith("line 12000"))

    def test_the_answer_is_a_text_file_named_after_the_run(self):
        self.say(1)
        headers = self.log_of("ops_viewer").headers
        self.assertIn(f"run-{self.run_record.id}.log", headers["Content-Disposition"])
        self.assertEqual(headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")

    def test_colours_of_terminals_are_left_out(self):
        self.say(1, "\x1b[1;31mred\x1b[0m and \x1b]0;title\x07plain", level="error")
        self.assertIn("ERROR   ", self.log_of("ops_viewer").text)
        self.assertIn("red and plain", self.log_of("ops_viewer").text)
        self.assertNotIn("\x1b", self.log_of("ops_viewer").text)

    def test_an_empty_log_is_an_empty_file(self):
        answer = self.log_of("ops_viewer")
        self.assertEqual((answer.status_code, answer.text), (200, ""))

    def test_a_run_that_is_not_there_is_not_found(self):
        self.assertEqual(self.log_of("ops_viewer", run_id=10**9).status_code, 404)

    def test_a_person_without_a_role_is_refused(self):
        new_test_user(self.env, "ops_stranger", "base.group_user")
        self.say(1)
        with mute_logger("odoo.http"):  # it says who was refused
            answer = self.log_of("ops_stranger")
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn("line 1", answer.text)

    def test_a_visitor_is_sent_to_the_login(self):
        self.say(1)
        answer = self.url_open(f"/ipai/run/{self.run_record.id}/log", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])


@tagged("post_install", "-at_install", "ipai_ops")
class TestPresentation(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()

    def test_a_project_knows_its_way_to_the_first_deploy(self):
        self.assertEqual(self.project.production_id.stage, "production")
        self.assertFalse(self.project.is_deployed)
        self.assertFalse(self.project.first_run_id)
        self.project.with_user(self.operator).action_deploy_production()
        self.project.invalidate_recordset()
        self.assertEqual(self.project.first_run_id.kind, "deploy")
        self.assertFalse(self.project.is_deployed)

    def test_a_new_project_has_nothing_to_show_yet(self):
        project = self.env["ops.project"].new({"name": "Draft"})
        self.assertFalse(project.production_id)
        self.assertFalse(project.is_deployed)

    def test_the_last_run_opens_as_a_page(self):
        environment = self.project.production_id
        self.assertEqual(environment.action_view_last_run()["res_model"], "ops.run")
        run = self.env["ops.run"].queue_run("acme", "main", SHA)
        environment.invalidate_recordset()
        self.assertEqual(environment.action_view_last_run()["res_id"], run)

    def test_a_waiting_run_has_taken_no_time_yet(self):
        run = self.env["ops.run"].browse(self.env["ops.run"].queue_run("acme", "main", SHA))
        self.assertEqual((run.elapsed_seconds, run.short_commit), (0.0, SHA[:7]))
        self.assertEqual(run.action_view_environment()["res_id"], run.environment_id.id)
        self.assertEqual(set(run.step_ids.mapped("elapsed_seconds")), {0.0})
