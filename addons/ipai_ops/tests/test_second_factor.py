"""Production is touched by nobody whose role asks for a second factor that was not shown."""

import time
from unittest.mock import Mock, patch

from odoo import http
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..authentication import api_call, signed_in
from ..models.access import second_factor
from .common import OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestSecondFactor(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.make_member("operator")
        cls.role = cls.env.ref("ipai_ops.role_operator")
        cls.role.needs_second_factor = True

    def may(self, environment, permission, user=None):
        try:
            environment.with_user(user or self.person)._check_may(permission)
        except AccessError:
            return False
        return True

    def session(self, **marks):
        return patch.object(signed_in, "request", Mock(session=http.Session(marks, "sid")))

    def test_production_is_closed_without_it_but_may_be_looked_at(self):
        self.assertFalse(self.may(self.production, "deploy"))
        self.assertTrue(self.may(self.production, "view"))

    def test_other_stages_do_not_ask(self):
        self.assertTrue(self.may(self.make_environment("feature"), "deploy"))

    def test_a_role_that_does_not_ask_lets_in(self):
        self.role.needs_second_factor = False
        self.assertTrue(self.may(self.production, "deploy"))

    def test_an_authenticator_app_is_one(self):
        self.person.sudo().totp_secret = "JBSWY3DPEHPK3PXP"
        self.assertTrue(self.may(self.production, "deploy"))

    def test_a_session_that_the_identity_provider_marked_is_one(self):
        with self.session(ipai_second_factor={"user": self.person.id, "at": time.time()}):
            self.assertTrue(self.may(self.production, "deploy"))
        with self.session(ipai_second_factor=None):
            self.assertFalse(self.may(self.production, "deploy"))

    def test_the_second_factor_of_whoever_used_the_browser_before_is_none(self):
        with self.session(ipai_second_factor={"user": self.manager.id, "at": time.time()}):
            self.assertFalse(self.may(self.production, "deploy"))

    def test_managers_are_asked_when_the_setting_says_so(self):
        self.assertTrue(self.may(self.production, "deploy", self.manager))
        self.env["ir.config_parameter"].set_param(second_factor.MANAGERS, "1")
        self.assertFalse(self.may(self.production, "deploy", self.manager))

    def test_a_managers_key_is_no_way_around_it(self):
        self.env["ir.config_parameter"].set_param(second_factor.MANAGERS, "1")
        for has_one in (False, True):
            with self.subTest(has_one):
                key = self.make_key(self.manager, "deploy", has_second_factor=has_one)
                api_call.keep_scope(self.env.cr, key._as_scope())
                self.addCleanup(vars(self.env.cr).pop, api_call.SCOPE, None)
                self.env.invalidate_all()
                self.assertEqual(self.may(self.production, "deploy", self.manager), has_one)

    @mute_logger("odoo.addons.ipai_ops.models.run.run")
    def test_no_deploy_is_queued_without_it(self):
        with self.assertRaises(AccessError):
            self.production.with_user(self.person).action_deploy()
