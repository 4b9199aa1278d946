import json

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SHA, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestIngest(OpsCase):
    def setUp(self):
        super().setUp()
        self.run_one = self.begin(self.production._deploy("push", SHA))
        self.build = self.run_one.step_ids[0]
        self.build.attempt = 1

    def test_lines_become_events_in_order_and_keep_their_milliseconds(self):
        self.assertEqual(self.ingest(self.line(1, "one"), self.line(2, "two")), 2)
        events = self.read()["events"]
        self.assertEqual([event["message"] for event in events], ["one", "two"])
        self.assertEqual(events[0]["at"], "2026-01-31T10:00:00.123Z")
        self.assertEqual(events[0]["step"], "build")

    def test_a_line_read_twice_is_stored_once(self):
        self.ingest(self.line(1, "one"))
        self.assertEqual(self.ingest(self.line(1, "one"), self.line(2, "two")), 1)
        self.assertEqual(len(self.read()["events"]), 2)

    def test_a_replayed_earlier_attempt_is_kept_apart(self):
        self.ingest(self.line(1, "first try"))
        self.build.attempt = 2
        replayed = {**self.line(1, "first try"), "attempt": 1}
        self.assertEqual(self.ingest(replayed, {**self.line(1, "second try"), "attempt": 2}), 1)

    def test_strange_output_survives(self):
        stored = self.ingest(
            self.line(1, "nul \0 byte"),
            self.line(2, "half \ud800 character"),
            self.line(3, "x" * 1_000_000),
            b"\xff\xfe not utf-8",
            '{"torn": ',
            "plain words",
        )
        self.assertEqual(stored, 6)
        messages = [event["message"] for event in self.read()["events"]]
        self.assertEqual(messages[0], "nul  byte")
        self.assertLess(len(messages[2]), 33_000)
        self.assertIn("1000000 characters", messages[2][-60:])
        self.assertEqual(messages[4:], ['{"torn": ', "plain words"])

    def test_secrets_of_project_and_environment_are_blanked(self):
        self.project.sudo().git_credentials = "ci:glpat-1234567890"
        password = self.production.sudo().db_password
        self.ingest(
            {**self.line(1, f"db {password} git glpat-1234567890"), "payload": {"dsn": password}}
        )
        [event] = self.read()["events"]
        for secret in (password, "glpat-1234567890"):
            self.assertNotIn(secret, str(event))

    def test_warnings_and_errors_are_counted_once(self):
        lines = [
            {**self.line(1, "a"), "level": "warning"},
            {**self.line(2, "b"), "level": "error"},
            {**self.line(3, "c"), "level": "warning"},
        ]
        self.ingest(*lines)
        self.ingest(*lines)
        self.assertEqual((self.run_one.warning_count, self.run_one.error_count), (2, 1))

    def test_progress_follows_what_the_container_says(self):
        self.ingest({**self.line(1, "half"), "payload": {"progress": 0.5}})
        self.assertEqual(self.build.progress, 0.5)
        self.ingest({**self.line(2, "too much"), "payload": {"progress": 7}})
        self.assertEqual(self.build.progress, 1.0)
        self.ingest({**self.line(3, "nonsense"), "payload": {"progress": "fast"}})
        self.assertEqual(self.build.progress, 1.0)

    def test_many_lines_are_stored_in_few_statements(self):
        lines = [self.line(number, f"line {number}") for number in range(1, 5001)]
        self.env.flush_all()
        with self.assertQueryCount(20):
            self.assertEqual(self.ingest(*lines), 5000)

    def test_open_pages_are_told_the_last_event(self):
        self.env.cr.precommit.run()
        before = self.env["bus.bus"].search([], order="id desc", limit=1).id
        self.ingest(self.line(1, "one"))
        self.env.cr.precommit.run()
        run_news, board_news = self.env["bus.bus"].search([("id", ">", before)], order="id")
        self.assertIn(f"ipai_ops.run.{self.run_one.id}", run_news.channel)
        message = json.loads(run_news.message)
        self.assertEqual(message["type"], "ipai_ops.run")
        self.assertEqual(
            message["payload"],
            {
                "run_id": self.run_one.id,
                "last_event_id": self.read()["last_id"],
                "state": "running",
            },
        )
        self.assertIn("ipai_ops.board", board_news.channel)

    def test_the_log_is_read_on_from_where_one_was(self):
        self.ingest(*(self.line(number, f"line {number}") for number in range(1, 6)))
        first = self.read(limit=2)
        self.assertEqual([event["seq"] for event in first["events"]], [1, 2])
        rest = self.read(after_id=first["last_id"])
        self.assertEqual([event["seq"] for event in rest["events"]], [3, 4, 5])
        nothing = self.read(after_id=rest["last_id"])
        self.assertEqual((nothing["events"], nothing["last_id"]), ([], rest["last_id"]))

    def test_the_log_is_filtered_by_level_and_words(self):
        self.ingest(
            {**self.line(1, "Loading module sale"), "level": "debug"},
            {**self.line(2, "Module sale is odd"), "level": "warning"},
            {**self.line(3, "100% broken_module"), "level": "error"},
        )
        self.assertEqual(self.seqs(level="warning"), [2, 3])
        self.assertEqual(self.seqs(level="debug"), [1, 2, 3])
        self.assertEqual(self.seqs(search="MODULE SALE"), [1, 2])
        self.assertEqual(self.seqs(search="0% b"), [3])
        self.assertEqual(self.seqs(search="n_m"), [3])

    def test_the_log_of_no_run_is_a_clear_error(self):
        with self.assertRaisesRegex(UserError, "There is no run 0"):
            self.env["ops.run"].read_log(0)

    def ingest(self, *lines):
        return self.run_one._ingest(self.build, list(lines))

    def read(self, **options):
        return self.env["ops.run"].with_user(self.viewer).read_log(self.run_one.id, **options)

    def seqs(self, **options):
        return [event["seq"] for event in self.read(**options)["events"]]

    @staticmethod
    def line(seq, message):
        at = "2026-01-31T10:00:00.123Z"
        return {"seq": seq, "step": "build", "attempt": 1, "at": at, "level": "info",
                "message": message}  # fmt: skip
