"""Before what cannot be undone the person at the browser shows again who they are."""

import json
import time
from unittest.mock import Mock, patch

from odoo import http
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .. import api_call, signed_in
from ..models.session_age import MANAGERS
from .common import SHA, OpsCase, OpsMixin

HOUR = 3600


@tagged("post_install", "-at_install", "ipai_ops")
class TestAskedAgain(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.production.admin_password = "first-password"
        cls.run_id = cls.finish(cls.production._deploy("push", SHA)).id

    def sign_in(self, ago=HOUR, method="password", **marks):
        mark = {"user": self.manager.id, "at": time.time() - ago, "method": method}
        self.authenticate(
            "ops_manager", "ops_manager", session_extra={signed_in.MARK: mark, **marks}
        )

    def post(self, path, **params):
        order = {"jsonrpc": "2.0", "method": "call", "params": params}
        headers = {"Content-Type": "application/json"}
        return self.url_open(path, data=json.dumps(order), headers=headers).json()

    def call(self, model, method, *arguments):
        path = f"/web/dataset/call_kw/{model}/{method}"
        return self.post(path, model=model, method=method, args=list(arguments), kwargs={})

    def press(self, model, method, record):
        return self.call(model, method, record.ids)["result"]

    def wizard(self, model, **values):
        return (
            self.env[model]
            .with_user(self.manager)
            .create({"environment_id": self.production.id, **values})
        )

    def buttons(self):
        """Return every button that asks again, with its record."""
        backup = self.make_backup(self.production, image_id=False)
        wizard = self.wizard("ops.environment.destroy", typed_name="main")
        restore = self.wizard("ops.restore.wizard", backup_id=backup.id)
        return [
            ("ops.environment", "action_destroy", self.production),
            ("ops.environment", "action_redeploy", self.production),
            ("ops.environment", "action_roll_back", self.production),
            ("ops.environment", "action_show_admin_password", self.production),
            ("ops.environment.destroy", "action_confirm", wizard),
            ("ops.restore.wizard", "action_confirm", restore),
            ("ops.backup", "action_download", backup),
            ("ops.backup.repository", "action_export_key", backup.repository_id),
            ("ops.project", "action_new_webhook_secret", self.project),
        ]

    def test_dangerous_buttons_ask_and_change_nothing_before(self):
        buttons = self.buttons()
        self.sign_in()
        for model, method, record in buttons:
            with self.subTest(model=model, method=method):
                shown = self.press(model, method, record)
                self.assertEqual(shown["res_model"], "res.users.identitycheck")
        self.assertNotEqual(self.production.state, "destroying")
        told = self.env["ops.audit"].search([("action", "=", "secret.shown")])
        self.assertFalse(told)

    def test_the_dialogs_answer_lets_the_button_go_on(self):
        self.sign_in()
        shown = self.press("ops.environment", "action_show_admin_password", self.production)
        for password, said in (("wrong", "error"), ("ops_manager", "result")):
            context = {"password": password}
            path = "/web/dataset/call_kw/res.users.identitycheck/run_check"
            facts = {"model": "res.users.identitycheck", "method": "run_check"}
            with mute_logger("odoo.http"):
                answer = self.post(
                    path, **facts, args=[[shown["res_id"]]], kwargs={"context": context}
                )
            self.assertIn(said, answer)
        self.assertEqual(answer["result"]["params"]["message"], "first-password")

    def test_nobody_is_asked_within_ten_minutes(self):
        for marks in ({"ago": 60}, {signed_in.CONFIRMED: time.time() - 60}):
            with self.subTest(marks):
                self.sign_in(**marks)
                shown = self.press("ops.environment", "action_destroy", self.production)
                self.assertEqual(shown["res_model"], "ops.environment.destroy")

    def test_a_sign_in_of_somebody_else_does_not_count(self):
        mark = {"user": self.viewer.id, "at": time.time(), "method": "password"}
        self.authenticate("ops_manager", "ops_manager", session_extra={signed_in.MARK: mark})
        shown = self.press("ops.environment", "action_destroy", self.production)
        self.assertEqual(shown["res_model"], "res.users.identitycheck")

    @mute_logger("odoo.http")
    def test_calls_and_saved_forms_are_refused_until_then(self):
        secret = {"project_id": self.project.id, "name": "x", "new_value": "a-new-value"}
        orders = (
            ("ops.run", "restore_deployment", self.run_id),
            ("ops.secret", "create", [secret]),
            ("ops.project", "write", self.project.ids, {"new_git_credentials": "x:yyyyyyyy"}),
        )
        self.sign_in()
        for order in orders:
            with self.subTest(order[1]):
                answer = self.call(*order)
                self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.RedirectWarning")
        self.assertFalse(self.env["ops.secret"].search([]))
        self.sign_in(ago=60)
        self.assertIn("result", self.call("ops.secret", "create", [secret]))

    def test_what_is_harmless_asks_nobody(self):
        self.sign_in()
        for method in ("action_deploy", "action_view_runs", "action_allowed_addresses"):
            with self.subTest(method):
                shown = self.press("ops.environment", method, self.production)
                self.assertNotEqual(shown["res_model"], "res.users.identitycheck")

    def test_who_came_by_single_sign_on_is_told_to_sign_in_again(self):
        self.sign_in(method="ipai_oidc")
        shown = self.press("ops.environment", "action_destroy", self.production)
        self.assertEqual(shown["tag"], "display_notification")
        self.sign_in(ago=60, method="ipai_oidc")
        shown = self.press("ops.environment", "action_destroy", self.production)
        self.assertEqual(shown["res_model"], "ops.environment.destroy")

    def test_a_sign_in_counts_as_shown(self):
        self.authenticate(None, None)
        facts = {"db": self.env.cr.dbname, "login": "ops_manager", "password": "ops_manager"}
        self.post("/web/session/authenticate", **facts)
        session = http.root.session_store.get(self.opener.cookies["session_id"])
        mark = session[signed_in.MARK]
        self.assertEqual((mark["user"], mark["method"]), (self.manager.id, "password"))
        shown = self.press("ops.environment", "action_destroy", self.production)
        self.assertEqual(shown["res_model"], "ops.environment.destroy")

    def test_a_key_is_asked_nothing(self):
        self.authenticate(None, None)
        self.make_key(self.manager, "destroy")
        headers = {"Authorization": f"bearer {self.key_text}", "Content-Type": "application/json"}
        order = json.dumps({"ids": self.production.ids})
        path = "/json/2/ops.environment/action_destroy"
        answer = self.url_open(path, data=order, headers=headers)
        self.assertEqual(answer.json()["res_model"], "ops.environment.destroy")

    def test_an_archives_link_leads_to_the_page_whose_button_asks(self):
        backup = self.make_backup(self.production)
        self.sign_in()
        answer = self.url_open(f"/ipai/backup/{backup.id}/zip", allow_redirects=False)
        self.assertIn(answer.status_code, (302, 303))
        self.assertTrue(answer.headers["Location"].endswith(f"/odoo/ops-backups/{backup.id}"))


@tagged("post_install", "-at_install", "ipai_ops")
class TestSessionAge(OpsCase):
    def in_session(self, user, hours):
        """Let the rest of the test happen in a browser session of so many hours."""
        marks = {"user": user.id, "at": time.time() - hours * HOUR, "method": "password"}
        session = http.Session({signed_in.MARK: marks, "uid": user.id}, "sid")
        request = Mock(session=session)
        request.httprequest.remote_addr = "192.0.2.1"
        for module in (signed_in, api_call):
            self.enterContext(patch.object(module, "request", request))

    def test_an_old_session_touches_no_production_where_the_role_says_so(self):
        self.env.ref("ipai_ops.role_operator").session_hours = 8
        self.in_session(self.operator, 9)
        place = self.production.with_user(self.operator)
        place._check_may("view")
        place._check_may("logs")
        with self.assertRaisesRegex(AccessError, "last 8 hours"):
            place._check_may("deploy")
        self.make_environment().with_user(self.operator)._check_may("deploy")

    def test_a_young_session_does(self):
        self.env.ref("ipai_ops.role_operator").session_hours = 8
        self.in_session(self.operator, 7)
        self.production.with_user(self.operator)._check_may("deploy")

    def test_the_shortest_of_several_roles_counts(self):
        self.env.ref("ipai_ops.role_operator").session_hours = 8
        self.env.ref("ipai_ops.role_viewer").session_hours = 2
        self.project._let_in(self.operator, "viewer")
        self.assertEqual(self.operator._session_hours(self.project), 2)

    def test_managers_have_a_setting(self):
        self.assertEqual(self.manager._session_hours(self.project), 0)
        self.env["ir.config_parameter"].set_param(MANAGERS, "4")
        self.in_session(self.manager, 5)
        with self.assertRaises(AccessError):
            self.production.with_user(self.manager)._check_may("deploy")

    def test_a_session_of_before_is_too_old(self):
        self.env.ref("ipai_ops.role_operator").session_hours = 8
        self.in_session(self.viewer, 0)  # the mark is somebody else's
        with self.assertRaises(AccessError):
            self.production.with_user(self.operator)._check_may("deploy")

    def test_no_session_is_none(self):
        self.env.ref("ipai_ops.role_operator").session_hours = 8
        self.production.with_user(self.operator)._check_may("deploy")

    def test_a_policy_holds_back_what_an_old_session_asks_for(self):
        policy = {"name": "Day", "rule": "session_length", "kinds": "deploy", "max_minutes": 60}
        self.env["ops.policy"].create(policy)
        self.in_session(self.operator, 2)
        run = self.production.with_user(self.operator)._deploy("button", SHA).sudo()
        self.assertEqual((run.state, run.session_minutes), ("blocked", 120))
        self.assertIn("120 minutes are more than 60", run.waiting_for)

    def test_that_policy_lets_pass_what_no_session_asks_for(self):
        policy = {"name": "Day", "rule": "session_length", "kinds": "deploy", "max_minutes": 60}
        self.env["ops.policy"].create(policy)
        run = self.production._deploy("push", SHA)
        self.assertEqual(run.state, "queued")
