"""Shells and SQL: who may open one, who reads what it said, what the audit trail keeps."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import SHA, OpsCase
from .test_audit import AuditMixin
from .test_identity import AskedMixin


class ConsoleMixin:
    """Environments where something serves, so that there is something to type at."""

    @classmethod
    def let_serve(cls, *places):
        for place in places:
            run = cls.finish(place._deploy("push", SHA))
            image = cls.env["ops.artifact"]._plan(run, "image", SHA, f"reg/{place.id}@sha256:1")
            image._mark_present()
            run.step_ids[0].result = {"image": image.uri}
            place.write({"image_id": image.id, "database_name": f"db_{place.id}"})


@tagged("post_install", "-at_install", "ipai_ops")
class TestConsole(ConsoleMixin, AuditMixin, OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.make_member("admin")
        cls.staging = cls.make_environment("release", stage="staging")
        cls.let_serve(cls.production, cls.staging)

    def sql_only(self):
        """Return a person whose role opens databases and no shells."""
        rights = [
            {"permission": permission, "in_production": True}
            for permission in ("view", "logs", "database_shell")
        ]
        lines = [(0, 0, values) for values in rights]
        role = self.env["ops.role"].create({"name": "Analyst", "right_ids": lines})
        user = self.make_member("viewer", login="ops_analyst")
        member = self.project.member_ids.filtered(lambda member: member.user_id == user)
        member.role_id = role
        return user

    def typed(
        self, text="SELECT 1", program="sql", place=None, user=None, minutes=10, writes=False
    ):
        place = (place or self.production).with_user(user or self.admin)
        return place._run_console(program, text, minutes, writes, "button").sudo()

    def test_it_becomes_a_run_of_the_image_that_serves(self):
        run = self.typed("SELECT 1", "sql")
        self.assertEqual((run.kind, run.lane, run.state), ("database_shell", "console", "queued"))
        self.assertEqual(run.spec["redeploy"]["image"], self.production.image_id.uri)
        self.assertEqual(run.spec["environment"]["database"], self.production.database_name)
        self.assertEqual(run.console_text, "SELECT 1")
        self.assertFalse(run.console_writes)
        self.assertEqual(self.typed("ls", "shell", self.staging).kind, "shell")

    def test_the_trail_keeps_every_word_and_how_it_ended(self):
        run = self.typed("UPDATE res_partner SET active = true", writes=True)
        opened, told = self.told("database_shell.opened")
        self.assertEqual(told["text"], "UPDATE res_partner SET active = true")
        self.assertTrue(told["writes"])
        self.assertEqual(opened.user_id, self.admin.id)
        self.finish(run)
        _closed, told = self.told("database_shell.closed")
        self.assertEqual(told["state"], "done")

    def told(self, action):
        row = self.env["ops.audit"].search([("action", "=", action)], limit=1)
        return row, json.loads(row.details)

    @mute_logger("odoo.addons.ipai_ops.models.audit.audit")
    def test_sql_and_shells_are_two_rights(self):
        analyst = self.sql_only()
        wizard = self.production.with_user(analyst).action_console()
        self.assertEqual(wizard["context"]["default_program"], "sql")
        self.assertTrue(self.typed(user=analyst))
        for program in ("shell", "odoo"):
            with self.assertRaises(AccessError):
                self.typed("ls", program, user=analyst)

    @mute_logger("odoo.addons.ipai_ops.models.audit.audit")
    def test_who_may_open_none_reads_none(self):
        """The operator reads production's logs, but has no business in its data."""
        run = self.typed("SELECT name FROM res_partner")
        self.begin(run)
        run._say(run.step_ids[:1], "info", "Azure Interior")
        seen = self.env["ops.run"].with_user(self.operator).browse(run.id)
        self.assertFalse(seen.may_logs)
        self.assertFalse(
            self.env["ops.run.event"].with_user(self.operator).search([("run_id", "=", run.id)])
        )
        with self.assertRaises(AccessError):
            seen.read_log(run.id)
        deploy = self.production._deploy("push", SHA)
        self.assertTrue(deploy.with_user(self.operator).may_logs)
        mine = self.env["ops.run"].with_user(self.admin).browse(run.id)
        self.assertTrue(mine.may_logs)
        self.assertIn("Azure", str(mine.read_log(run.id)))

    @mute_logger("odoo.addons.ipai_ops.models.audit.audit")
    def test_the_search_says_what_the_field_says(self):
        sql, shell = self.typed(), self.typed("ls", "shell", self.staging)
        analyst = self.sql_only()
        for user in (self.admin, self.operator, self.viewer, analyst, self.manager):
            runs = self.env["ops.run"].with_user(user).search([])
            found = self.env["ops.run"].with_user(user).search([("may_logs", "=", True)])
            with self.subTest(user=user.login):
                self.assertEqual(found, runs.filtered("may_logs"))
                self.assertEqual(sql in found, user in (self.admin, analyst, self.manager))
                self.assertEqual(shell in found, user not in (self.viewer, analyst))

    def test_a_policy_can_forbid_shells_and_bound_sessions(self):
        rule = {"project_id": self.project.id, "stage": "production"}
        forbid = self.env["ops.policy"].create({**rule, "name": "None", "rule": "shell"})
        run = self.typed("ls", "shell")
        self.assertEqual((run.state, run.waiting_for), ("blocked", "Shells are not allowed here."))
        forbid.active = False
        self.env["ops.policy"].create(
            {**rule, "name": "Short", "rule": "session_length", "max_minutes": 15}
        )
        self.assertEqual(self.typed(minutes=15).state, "queued")
        other = self.typed("ls", "shell", self.staging, minutes=60)
        self.assertEqual(other.state, "queued")
        self.finish(self.typed_again(), "done")
        self.assertEqual(self.typed(minutes=16).state, "blocked")

    def typed_again(self):
        """Return the run that waits in production's console."""
        waiting = [("environment_id", "=", self.production.id), ("state", "=", "queued")]
        return self.env["ops.run"].search([*waiting, ("lane", "=", "console")])

    def test_an_approver_reads_what_will_run(self):
        rule = {"name": "Four eyes", "rule": "approvals", "project_id": self.project.id}
        self.env["ops.policy"].create({**rule, "stage": "production"})
        run = self.typed("DELETE FROM res_partner", writes=True)
        self.assertEqual(run.state, "blocked")
        self.assertIn("DELETE FROM res_partner", run._outlook())
        self.assertIn("Whatever the command does", run.data_at_risk)
        with self.assertRaises(UserError):  # never one's own
            self.env["ops.run"].with_user(self.admin).approve_run(run.id)
        self.env["ops.run"].with_user(self.manager).approve_run(run.id)
        self.assertEqual(run.state, "queued")

    def test_one_that_waits_is_never_replaced(self):
        self.typed("SELECT 1")
        with self.assertRaisesRegex(UserError, "Another command waits here"):
            self.typed("SELECT 2")

    def test_nothing_runs_where_nothing_serves(self):
        empty = self.make_environment("new", stage="staging")
        with self.assertRaisesRegex(UserError, "deploy first"):
            self.typed(place=empty)
        self.staging._destroy("button")
        with self.assertRaisesRegex(UserError, "on its way"):
            self.typed(place=self.staging)

    @mute_logger("odoo.addons.ipai_ops.models.audit.audit")
    def test_a_refused_reader_is_in_the_trail(self):
        run = self.typed()
        with self.assertRaisesRegex(AccessError, "Open a database shell"):
            run.with_user(self.operator)._check_may("logs")
        login, outcome, details = self.apart("access.refused")[0]
        self.assertEqual((login, outcome), ("ops_operator", "refused"))
        self.assertEqual(details["permission"], "logs")

    def test_production_is_typed_out_before_anything_may_change(self):
        place = {"default_environment_id": self.production.id}
        with Form(self.env["ops.console.wizard"].with_context(**place)) as form:
            form.program, form.text = "sql", "SELECT 1"
            self.assertFalse(form.needs_name)
            form.writes = True
            self.assertTrue(form.needs_name)
            form.typed_name = "other"
        with self.assertRaisesRegex(UserError, "Type “main”"):
            form.record.action_confirm()
        form.record.typed_name = "main"
        self.assertEqual(form.record.action_confirm()["res_model"], "ops.run")

    def test_a_script_runs_it_too(self):
        runs = self.env["ops.run"].with_user(self.admin)
        number = runs.run_command("acme", "main", "odoo", "print(env.user.login)", 3)
        run = runs.browse(number).sudo()
        self.assertEqual((run.kind, run.trigger), ("shell", "api"))
        self.assertEqual(run.spec["console"]["minutes"], 3)
        with self.assertRaisesRegex(UserError, "is no console"):
            runs.run_command("acme", "release", "perl", "1")

    def test_it_is_run_again_word_by_word(self):
        run = self.finish(self.typed("SELECT 7"), "failed")
        run.with_user(self.admin).action_retry()
        self.assertEqual(self.typed_again().console_text, "SELECT 7")


@tagged("post_install", "-at_install", "ipai_ops")
class TestConsoleInABrowser(ConsoleMixin, AskedMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.let_serve(cls.production)

    def test_who_signed_in_long_ago_shows_again_who_they_are(self):
        self.sign_in()
        shown = self.press("ops.environment", "action_console", self.production)
        self.assertEqual(shown["res_model"], "res.users.identitycheck")
        answered = self.answer(shown, "ops_manager")["result"]
        self.assertEqual(answered["res_model"], "ops.console.wizard")
        self.assertEqual(answered["context"]["default_program"], "sql")

    def test_reading_what_was_said_asks_nobody(self):
        run = self.production._run_console("sql", "SELECT 1", 5, False, "button")
        self.begin(run)
        run._say(run.step_ids[:1], "info", "1")
        self.sign_in()
        log = self.call("ops.run", "read_log", run.id)["result"]
        self.assertEqual([event["message"] for event in log["events"]], ["1"])
