"""Before what cannot be undone the person at the browser shows again who they are."""

import base64
import json
import re
import time
from unittest.mock import Mock, patch

from odoo import http
from odoo.addons.auth_totp.models.totp import hotp
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..authentication import api_call, signed_in
from ..models.access import second_factor
from ..models.access.session_age import MANAGERS
from .common import SHA, OpsCase, OpsMixin
from .test_audit import AuditMixin

HOUR = 3600
SECRET = "JBSWY3DPEHPK3PXP"  # of an authenticator app


class AskedMixin(OpsMixin):
    """A browser in which the manager signed in an hour ago."""

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

    def answer(self, shown, password):
        """Answer the dialog that was shown."""
        path = "/web/dataset/call_kw/res.users.identitycheck/run_check"
        facts = {"model": "res.users.identitycheck", "method": "run_check"}
        kwargs = {"context": {"password": password}}
        return self.post(path, **facts, args=[[shown["res_id"]]], kwargs=kwargs)


@tagged("post_install", "-at_install", "ipai_ops")
class TestAskedAgain(AskedMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.production.admin_password = "first-password"
        cls.run_id = cls.finish(cls.production._deploy("push", SHA)).id

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
            ("ops.run.decision", "action_confirm", self.emergency()),
            ("ops.backup", "action_download", backup),
            ("ops.backup.repository", "action_export_key", backup.repository_id),
            ("ops.project", "action_new_webhook_secret", self.project),
            ("ops.run", "action_override", self.blocked()),
        ]

    def emergency(self):
        values = {"run_id": self.blocked().id, "decision": "overridden", "reason": "No time."}
        return self.env["ops.run.decision"].with_user(self.manager).create(values)

    def blocked(self):
        policy = {"name": "Two people", "rule": "approvals", "project_id": self.project.id}
        self.env["ops.policy"].create(policy)
        return self.production._deploy("push", SHA)

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
            with mute_logger("odoo.http"):
                answer = self.answer(shown, password)
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
            ("ops.run", "override_run", self.blocked().id, "No time."),
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

    @mute_logger("odoo.http")
    def test_who_may_do_what_is_not_changed_until_then(self):
        member = self.env["ops.project.member"].search([("user_id", "=", self.viewer.id)], limit=1)
        policy = self.env["ops.policy"].search([], limit=1)
        role = member.role_id
        right = {"role_id": role.id, "permission": "deploy", "stage": "production"}
        orders = (
            ("ops.policy", "write", policy.ids, {"enforcement": "off"}),
            ("ops.policy", "unlink", policy.ids),
            ("ops.project.member", "write", member.ids, {"until": False}),
            ("ops.role", "write", role.ids, {"needs_second_factor": False}),
            ("ops.role.right", "create", [right]),
            ("ops.delegation", "create", [{"delegate_id": self.viewer.id}]),
        )
        self.sign_in()
        for order in orders:
            with self.subTest(order[:2]):
                answer = self.call(*order)
                self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.RedirectWarning")
        self.assertTrue(policy.exists())
        self.sign_in(ago=60)
        self.assertIn("result", self.call("ops.policy", "unlink", policy.ids))

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
class TestSecondFactorAskedAgain(AuditMixin, AskedMixin, HttpCase):
    """Whose role asks for a second factor shows it again; a password alone is not taken."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.env["ir.config_parameter"].set_param(second_factor.MANAGERS, "1")
        cls.manager.totp_secret = SECRET
        cls.audit = cls.env["ops.audit"]

    def code(self):
        """Return the app's code of now."""
        return f"{hotp(base64.b32decode(SECRET), int(time.time() / 30)):06d}"

    def apart(self, action):
        return [told for _login, _outcome, told in super().apart(action)]

    def dialog(self, shown):
        return self.env["res.users.identitycheck"].browse(shown["res_id"])

    def press_destroy(self):
        return self.press("ops.environment", "action_destroy", self.production)

    def test_the_dialog_asks_for_the_code_and_the_button_goes_on(self):
        self.sign_in()
        shown = self.press_destroy()
        self.assertEqual(self.dialog(shown).auth_method, "totp")
        told = self.answer(shown, self.code())["result"]
        self.assertEqual(told["res_model"], "ops.environment.destroy")
        self.assertEqual(self.press_destroy()["res_model"], "ops.environment.destroy")

    def test_a_wrong_code_opens_nothing_and_is_counted(self):
        self.sign_in()
        shown = self.press_destroy()
        wrong = f"{(int(self.code()) + 1) % 10**6:06d}"
        for said in (wrong, "", "12345", "١٢٣٤٥٦", None):
            with self.subTest(said):
                told = self.answer(shown, said)["result"]
                self.assertEqual(told["res_model"], "res.users.identitycheck")
                self.assertTrue(self.dialog(shown).problem)
        tries = self.env["auth.totp.rate.limit.log"].search([("user_id", "=", self.manager.id)])
        self.assertEqual(tries.mapped("limit_type"), ["code_check"])
        self.assertIn({"method": "totp"}, self.apart("identity.refused"))
        self.assertEqual(self.press_destroy()["res_model"], "res.users.identitycheck")

    @mute_logger("odoo.http")
    def test_the_password_is_not_taken(self):
        self.sign_in()
        shown = self.press_destroy()
        self.call("res.users.identitycheck", "action_use_password", [shown["res_id"]])
        told = self.answer(shown, "ops_manager")
        self.assertIn("second factor", told["error"]["data"]["message"])
        self.assertIn({"method": "password"}, self.apart("identity.refused"))

    def test_neither_a_password_of_before_nor_a_sign_in_without_a_code_counts(self):
        for marks in ({"ago": 60}, {signed_in.CONFIRMED: time.time()}):
            with self.subTest(marks):
                self.sign_in(**marks)
                self.assertEqual(self.press_destroy()["res_model"], "res.users.identitycheck")

    def test_the_second_factor_of_somebody_else_does_not_count(self):
        self.sign_in(**{signed_in.SECOND: {"user": self.viewer.id, "at": time.time()}})
        self.assertEqual(self.press_destroy()["res_model"], "res.users.identitycheck")

    def test_a_code_at_the_sign_in_counts_for_ten_minutes(self):
        for minutes, model in ((9, "ops.environment.destroy"), (11, "res.users.identitycheck")):
            with self.subTest(minutes):
                at = time.time() - minutes * 60
                self.sign_in(**{signed_in.SECOND: {"user": self.manager.id, "at": at}})
                self.assertEqual(self.press_destroy()["res_model"], model)

    def test_a_code_at_the_login_page_leaves_the_mark(self):
        self.authenticate(None, None)
        facts = {"db": self.env.cr.dbname, "login": "ops_manager", "password": "ops_manager"}
        self.post("/web/session/authenticate", **facts)
        page = self.url_open("/web/login/totp").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
        self.url_open("/web/login/totp", {"totp_token": self.code(), "csrf_token": token})
        session = http.root.session_store.get(self.opener.cookies["session_id"])
        self.assertEqual(session[signed_in.SECOND]["user"], self.manager.id)
        self.assertEqual(self.press_destroy()["res_model"], "ops.environment.destroy")

    def test_a_passkey_is_asked_for_and_another_is_not_taken(self):
        values = {"name": "Key", "credential_identifier": "key-1", "public_key": "pk"}
        self.env["auth.passkey.key"].with_user(self.manager).sudo().create(values)
        self.sign_in()
        shown = self.press_destroy()
        self.assertEqual(self.dialog(shown).auth_method, "webauthn")
        with mute_logger("odoo.http"):
            told = self.answer(shown, json.dumps({"id": "key-2"}))
        self.assertIn("error", told)
        self.assertEqual(self.press_destroy()["res_model"], "res.users.identitycheck")

    def test_where_no_role_asks_the_password_is_asked_for_and_the_code_is_a_choice(self):
        self.env["ir.config_parameter"].set_param(second_factor.MANAGERS, "")
        self.sign_in()
        shown = self.press_destroy()
        dialog = self.dialog(shown).with_user(self.manager)
        self.assertEqual((dialog.auth_method, dialog.has_app), ("password", True))
        self.call("res.users.identitycheck", "action_use_app", [shown["res_id"]])
        told = self.answer(shown, self.code())["result"]
        self.assertEqual(told["res_model"], "ops.environment.destroy")

    def test_who_has_no_second_factor_is_asked_for_the_password(self):
        self.manager.totp_secret = False
        self.sign_in()
        place = self.make_environment()
        shown = self.press("ops.environment", "action_destroy", place)
        self.assertEqual(self.dialog(shown).auth_method, "password")
        self.call("res.users.identitycheck", "action_use_app", [shown["res_id"]])
        self.answer(shown, self.code())
        self.assertIn("no authenticator app", self.dialog(shown).problem)

    def test_who_came_by_single_sign_on_may_use_the_app(self):
        self.env["ir.config_parameter"].set_param(second_factor.MANAGERS, "")
        self.sign_in(method="ipai_oidc")
        shown = self.press_destroy()
        self.assertEqual(self.dialog(shown).auth_method, "totp")
        told = self.answer(shown, self.code())["result"]
        self.assertEqual(told["res_model"], "ops.environment.destroy")

    def test_who_came_by_passkey_is_asked_here(self):
        self.env["ir.config_parameter"].set_param(second_factor.MANAGERS, "")
        self.sign_in(method="passkey")
        self.assertEqual(self.press_destroy()["res_model"], "res.users.identitycheck")

    def test_a_sign_in_counts_from_when_the_provider_saw_the_person(self):
        self.env["ir.config_parameter"].set_param(second_factor.MANAGERS, "")
        mark = {"user": self.manager.id, "at": time.time(), "method": "ipai_oidc"}
        for ago, model in ((60, "ops.environment.destroy"), (HOUR, "res.users.identitycheck")):
            with self.subTest(ago):
                shown = {signed_in.MARK: {**mark, "shown": time.time() - ago}}
                self.authenticate("ops_manager", "ops_manager", session_extra=shown)
                self.assertEqual(self.press_destroy()["res_model"], model)


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
