"""Nobody becomes a user of the control plane, or gets a new password, by their own hand."""

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import EdgeMixin

HERE = "203.0.113.7"
NEW = "self@example.com"


@tagged("post_install", "-at_install", "ipai_ops")
class TestSignUp(EdgeMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()

    def send(self, path, **form):
        """Send a form of the login page with its token; return the answer."""
        page = self.url_open("/web/login", headers=self.from_address(HERE))
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        headers = self.from_address(HERE)
        form["csrf_token"] = token
        return self.url_open(path, data=form, headers=headers, allow_redirects=False)

    def test_sign_up_is_closed_from_the_first_moment_on(self):
        settings = self.env["ir.config_parameter"]
        self.assertEqual(settings.get_param("auth_signup.invitation_scope"), "b2b")
        before = self.env["res.users"].with_context(active_test=False).search_count([])
        form = {"login": NEW, "name": "Self", "password": "x" * 12, "confirm_password": "x" * 12}
        with mute_logger("odoo.http", "odoo.addons.auth_signup.controllers.main"):
            for token in ("", "invented", "1"):
                answer = self.send("/web/signup", **form, **({"token": token} if token else {}))
                self.assertNotEqual(answer.status_code, 303)
            self.assertEqual(self.url_open("/web/signup").status_code, 404)
        self.env.invalidate_all()
        after = self.env["res.users"].with_context(active_test=False).search_count([])
        self.assertEqual(after, before)
        self.assertNotIn("/web/signup", self.url_open("/web/login").text)

    @mute_logger("odoo.http")
    def test_nobody_sends_themselves_a_new_password(self):
        self.assertEqual(self.url_open("/web/reset_password").status_code, 404)
        self.assertEqual(self.send("/web/reset_password", login="ops_viewer").status_code, 404)
        self.assertFalse(self.env["mail.mail"].search([("subject", "ilike", "password")]))

    def test_where_it_is_opened_each_login_is_answered_alike_and_not_often(self):
        settings = self.env["ir.config_parameter"]
        settings.set_param("auth_signup.reset_password", "True")
        self.viewer.email = "viewer@example.org"
        said = {}
        for login in ("ops_viewer", "nobody_at_all", "viewer@example.org"):
            page = self.send("/web/reset_password", login=login)
            said[login] = (
                page.status_code,
                " ".join(page.text.partition("<form")[0].split())[-300:],
            )
        self.assertEqual(len(set(said.values())), 1, said)
        with mute_logger("odoo.http"):
            statuses = [
                self.send("/web/reset_password", login="ops_viewer").status_code
                for _turn in range(5)
            ]
        self.assertEqual(statuses, [200] * 4 + [429])

    def test_no_provider_of_others_is_open(self):
        providers = self.env.get("auth.oauth.provider")
        if providers is not None:
            self.assertFalse(providers.search([("enabled", "=", True), ("name", "ilike", "odoo")]))
        self.assertNotIn("accounts.odoo.com", self.url_open("/web/login").text)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc")
    def test_databases_are_not_managed_from_outside(self):
        for method in ("list", "db_exist", "create_database", "drop", "dump"):
            with self.subTest(method):
                fault = self.rpc(HERE, f"db.{method}", "admin", "x", "y")
                self.assertEqual((fault.faultCode, fault.faultString), (3, "Access Denied"))
        self.assertTrue(self.rpc(HERE, "db.server_version"))
