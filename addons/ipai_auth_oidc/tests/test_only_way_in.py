"""Where single sign-on is the rule: passwords open nothing but the emergency account."""

import datetime
from types import SimpleNamespace

from odoo import fields
from odoo.exceptions import AccessDenied, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.res_users import TYPE, ProvenSignIn
from .common import make_admin, make_provider

NOTHING = SimpleNamespace(has_second_factor=False, shown_at=None)
LOGGERS = ("odoo.addons.base.models.res_users", "odoo.addons.ipai_auth_oidc.models.res_users")


@tagged("post_install", "-at_install")
class TestOnlyWayIn(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.emergency = make_admin(cls.env, "emergency", oidc_break_glass=True)
        cls.employee = new_test_user(
            cls.env, "sso-employee", "base.group_user", password="sso-employee"
        )
        cls.customer = new_test_user(
            cls.env, "sso-customer", "base.group_portal", password="sso-customer"
        )
        cls.provider = make_provider(cls.env)

    def rule(self, scope):
        self.env["res.config.settings"].create({"oidc_sso_only": scope}).execute()

    def comes_in(self, user, interactive=True, **credential):
        usual = {"login": user.login, "type": "password", "password": user.login}
        try:
            with mute_logger(*LOGGERS):
                self.env["res.users"].authenticate(usual | credential, {"interactive": interactive})
        except AccessDenied:
            return False
        return True

    def test_without_the_rule_passwords_work(self):
        self.assertTrue(self.comes_in(self.employee))

    def test_the_rule_holds_for_those_it_names(self):
        for scope, employee, customer in (("internal", False, True), ("everyone", False, False)):
            self.rule(scope)
            with self.subTest(scope=scope):
                self.assertEqual(self.comes_in(self.employee), employee)
                self.assertEqual(self.comes_in(self.customer), customer)
                self.assertTrue(self.comes_in(self.emergency))

    def test_a_password_opens_no_api_either_but_a_key_does(self):
        self.rule("everyone")
        self.assertFalse(self.comes_in(self.employee, interactive=False))
        soon = fields.Datetime.now() + datetime.timedelta(days=1)
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.employee)
            .sudo()
            ._generate("rpc", "test", soon)
        )
        self.assertTrue(self.comes_in(self.employee, interactive=False, password=key))

    def test_an_emergency_sign_in_is_written_down(self):
        self.rule("everyone")
        self.comes_in(self.emergency)
        event = self.env["ipai.oidc.event"].search([("kind", "=", "break_glass")])
        self.assertEqual(event.user_id, self.emergency)

    def test_nobody_locks_everybody_out(self):
        self.emergency.oidc_break_glass = False
        with self.assertRaises(ValidationError):
            self.rule("everyone")

    def test_the_rule_needs_a_provider(self):
        self.provider.enabled = False
        with self.assertRaises(ValidationError):
            self.rule("everyone")

    def test_what_the_rule_stands_on_cannot_be_taken_away(self):
        self.rule("everyone")
        for record, values in (
            (self.emergency, {"oidc_break_glass": False}),
            (self.emergency, {"active": False}),
            (self.provider, {"enabled": False}),
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(ValidationError),
                self.env.cr.savepoint(),
            ):
                record.write(values)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.provider.unlink()

    def test_the_emergency_account_is_nobodys_at_a_provider(self):
        with self.assertRaises(ValidationError):
            self.emergency.write({"oauth_provider_id": self.provider.id, "oauth_uid": "x"})

    def test_the_login_page_shows_no_password_where_it_opens_nothing(self):
        self.rule("everyone")
        page = self.url_open("/web/login").text
        self.assertNotIn('name="password"', page)
        self.assertIn(f"/auth_oidc/start/{self.provider.id}", page)
        self.assertIn('name="password"', self.url_open("/web/login?emergency=1").text)

    def test_only_the_controller_can_vouch(self):
        self.assertTrue(
            self.comes_in(self.employee, type=TYPE, proof=ProvenSignIn(self.employee.id, NOTHING))
        )
        forged = ({"user_id": self.employee.id}, self.employee.id, True, None, "proof")
        for proof in (*forged, ProvenSignIn(self.customer.id, NOTHING)):
            with self.subTest(proof=proof):
                self.assertFalse(self.comes_in(self.employee, type=TYPE, proof=proof))

    def test_api_keys_end_some_days_after_the_last_sign_in(self):
        self.employee.write({"oauth_provider_id": self.provider.id, "oauth_uid": "subject"})
        keys = self.env["res.users.apikeys"]
        soon = fields.Datetime.now() + datetime.timedelta(days=1)
        key = keys.with_user(self.employee).sudo()._generate("rpc", "test", soon)
        self.assertIsNone(keys._check_credentials(scope="rpc", key=key))
        session = self._session(proven_at=fields.Datetime.now())
        self.assertEqual(keys._check_credentials(scope="rpc", key=key), self.employee.id)
        session.proven_at = fields.Datetime.now() - datetime.timedelta(days=31)
        self.assertIsNone(keys._check_credentials(scope="rpc", key=key))
        self.provider.api_key_days = 0
        self.assertEqual(keys._check_credentials(scope="rpc", key=key), self.employee.id)

    def _session(self, **values):
        now = fields.Datetime.now()
        usual = {"key_hash": "x", "subject": "subject", "began_at": now, "checked_at": now}
        usual |= {"provider_id": self.provider.id, "user_id": self.employee.id}
        return self.env["ipai.oidc.session"].create(usual | values)
