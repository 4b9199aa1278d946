"""With an authenticator app nobody gets in by a password alone, whichever door they try."""

import base64
import time

from odoo.addons.auth_totp.models.totp import TIMESTEP, hotp
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import EdgeMixin

HERE = "203.0.113.7"
SECRET = "JBSWY3DPEHPK3PXP"
QUIET = (
    "odoo.http",
    "odoo.addons.auth_totp.models.res_users",
    "odoo.addons.base.models.res_users",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.addons.rpc.controllers.jsonrpc",
)


@tagged("post_install", "-at_install", "ipai_ops")
class TestAroundTheSecondFactor(EdgeMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.enterClassContext(mute_logger(*QUIET))
        for person in (cls.operator, cls.viewer):
            person.totp_secret = SECRET
        cls.env.flush_all()

    def is_in(self):
        """Say whether the browser's session is somebody's."""
        facts = {"model": "ops.project", "method": "search_count", "args": [[]], "kwargs": {}}
        path = "/web/dataset/call_kw/ops.project/search_count"
        return "result" in self.json_rpc(HERE, path, **facts).json()

    @staticmethod
    def code():
        return f"{hotp(base64.b32decode(SECRET), int(time.time() / TIMESTEP)):06}"

    def send_code(self, code):
        page = self.url_open("/web/login/totp", headers=self.from_address(HERE))
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"csrf_token": token, "totp_token": code}
        headers = self.from_address(HERE)
        return self.url_open("/web/login/totp", data=form, headers=headers, allow_redirects=False)

    def test_the_password_opens_no_session_without_the_code(self):
        self.sign_in(HERE, "ops_operator", "ops_operator")
        self.assertFalse(self.is_in())
        for path in (
            "/odoo",
            "/web",
            "/odoo/ops-projects",
            "/ipai/run/1/log",
            "/ipai/audit/export",
        ):
            answer = self.url_open(path, headers=self.from_address(HERE), allow_redirects=False)
            self.assertEqual(answer.status_code, 303)
            self.assertIn("/web/login", answer.headers["Location"])

    def test_the_session_call_opens_none_either(self):
        facts = {"db": self.env.cr.dbname, "login": "ops_operator", "password": "ops_operator"}
        said = self.json_rpc(HERE, "/web/session/authenticate", **facts).json()
        self.assertEqual(said["result"], {"uid": None})
        self.assertFalse(self.is_in())

    def test_calls_take_no_password(self):
        database, login = self.env.cr.dbname, "ops_operator"
        self.assertIs(self.rpc(HERE, "common.authenticate", database, login, login, {}), False)
        told = {"interactive": True, "type": "webauthn"}
        self.assertIs(self.rpc(HERE, "common.authenticate", database, login, login, told), False)
        call = (database, self.operator.id, login, "ops.project", "search_count", [[]])
        self.assertEqual(self.rpc(HERE, "object.execute_kw", *call).faultCode, 3)
        params = {"service": "common", "method": "login", "args": [database, login, login]}
        self.assertIs(self.json_rpc(HERE, "/jsonrpc", **params).json()["result"], False)

    def test_json_2_takes_keys_and_neither_passwords_nor_a_session_on_the_way(self):
        path, basic = "ops.project/search_count", base64.b64encode(b"ops_operator:ops_operator")
        self.sign_in(HERE, "ops_operator", "ops_operator")
        self.assertEqual(self.json_2(HERE, "ops_operator", path, domain=[]).status_code, 401)
        for given in (f"Basic {basic.decode()}", "Bearer ", "bearer\t", ""):
            headers = self.from_address(HERE, **({"Authorization": given} if given else {}))
            answer = self.url_open(f"/json/2/{path}", json={"domain": []}, headers=headers)
            self.assertEqual(answer.status_code, 401, given)

    def test_a_code_is_good_once_and_for_its_person(self):
        self.sign_in(HERE, "ops_operator", "ops_operator")
        code = self.code()
        self.assertEqual(self.send_code(code).status_code, 303)
        self.assertTrue(self.is_in())
        self.opener.cookies.clear()
        self.sign_in(HERE, "ops_operator", "ops_operator")
        self.assertEqual(self.send_code(code).status_code, 200)
        self.assertFalse(self.is_in())

    def test_words_that_are_no_code_open_nothing(self):
        self.sign_in(HERE, "ops_operator", "ops_operator")
        for code in ("", "abc", "-1", "0", "1e6", "9" * 400, "١٢٣٤٥٦", "0x1", "12\x0034"):
            with self.subTest(code):
                self.assertIn(self.send_code(code).status_code, (200, 429))
                self.assertFalse(self.is_in())

    def test_a_device_somebody_else_trusts_is_none(self):
        devices = self.env["auth_totp.device"].with_user(self.viewer).sudo()
        key = devices._generate("browser", "mine", None)
        self.sign_in(HERE, "ops_operator", "ops_operator")
        self.opener.cookies.set("td_id", key)
        answer = self.url_open("/web/login/totp", headers=self.from_address(HERE))
        self.assertEqual(answer.status_code, 200)
        self.assertFalse(self.is_in())

    def test_a_device_s_key_is_no_key_for_calls(self):
        devices = self.env["auth_totp.device"].with_user(self.operator).sudo()
        key = devices._generate("browser", "mine", None)
        self.assertEqual(
            self.json_2(HERE, key, "ops.project/search_count", domain=[]).status_code, 401
        )
        call = (self.env.cr.dbname, self.operator.id, key, "ops.project", "search_count", [[]])
        self.assertEqual(self.rpc(HERE, "object.execute_kw", *call).faultCode, 3)

    def test_the_way_to_the_code_leads_nowhere_for_somebody_who_gave_no_password(self):
        answer = self.url_open(
            "/web/login/totp", headers=self.from_address(HERE), allow_redirects=False
        )
        self.assertEqual(answer.headers["Location"].partition("?")[0][-10:], "/web/login")

    def test_a_new_password_by_a_link_opens_no_session_without_the_code(self):
        self.operator.partner_id.signup_prepare(signup_type="reset")
        token = self.operator.partner_id._generate_signup_token()
        page = self.url_open(f"/web/reset_password?token={token}", headers=self.from_address(HERE))
        csrf = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"token": token, "csrf_token": csrf, "login": "ops_operator", "name": "x"}
        form |= {"password": "a new password", "confirm_password": "a new password"}
        self.url_open("/web/reset_password", data=form, headers=self.from_address(HERE))
        self.assertFalse(self.is_in())
