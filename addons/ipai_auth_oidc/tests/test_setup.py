"""The form: presets, what a provider must have, rules for groups."""

import time
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import Mock, patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from ..controllers import confirmation
from ..hooks import post_init_hook
from ..protocol.presets import PRESETS
from .common import ISSUER, make_provider


@tagged("post_install", "-at_install")
class TestSetup(TransactionCase):
    def test_each_preset_fills_the_form(self):
        for preset, values in PRESETS.items():
            with self.subTest(preset=preset), Form(self.env["auth.oauth.provider"]) as form:
                form.flow = "oidc"
                form.preset = preset
                form.client_id = "odoo"
                self.assertEqual(form.issuer, values["issuer"])
                self.assertEqual(form.verified_claim, values["verified_claim"])
                self.assertTrue(form.name)

    def test_the_provider_odoo_opens_by_itself_is_closed_unless_it_is_in_use(self):
        own = self.env.ref("auth_oauth.provider_openerp")
        own.enabled = True
        post_init_hook(self.env)
        self.assertFalse(own.enabled)
        own.enabled = True
        self.env.ref("base.user_admin").oauth_provider_id = own
        post_init_hook(self.env)
        self.assertTrue(own.enabled)

    def test_another_issuer_forgets_the_addresses_of_the_old_one(self):
        with Form(make_provider(self.env, enabled=False)) as form:
            form.issuer = "https://other.example.test"
            self.assertFalse(form.token_endpoint or form.jwks_uri or form.auth_endpoint)

    def test_each_failure_doubles_the_pause_before_keys_are_asked_for_again(self):
        provider = make_provider(self.env)
        self.assertTrue(provider._may_ask_for_keys())
        for failures, seconds in ((0, 30), (1, 60), (3, 240), (5, 900), (10, 900)):
            for waited, may in ((seconds - 2, False), (seconds + 2, True)):
                with self.subTest(failures=failures, waited=waited):
                    tried = fields.Datetime.now() - timedelta(seconds=waited)
                    provider.write({"jwks_failures": failures, "jwks_tried_at": tried})
                    self.assertEqual(provider._may_ask_for_keys(), may)

    def test_a_second_factor_of_the_provider_is_marked_as_its_persons(self):
        session, now = {}, time.time()
        with patch.object(confirmation, "request", Mock(session=session)):
            for proven, shown_at, expected in (
                (False, now, None),
                (True, now - 60, now - 60),
                (True, now + 999, now),
                (True, None, now),
            ):
                proof = SimpleNamespace(has_second_factor=proven, shown_at=shown_at)
                confirmation.keep_second_factor(self.env.user, proof)
                mark = session.pop("ipai_second_factor", None)  # other addons read it by this name
                with self.subTest(proven=proven, shown_at=shown_at):
                    self.assertEqual(mark and mark["user"], expected and self.env.uid)
                    self.assertAlmostEqual((mark or {}).get("at", 0), expected or 0, delta=5)

    def test_another_issuer_forgets_the_keys_of_the_old_one(self):
        provider = make_provider(self.env, jwks=[{"kid": "old"}])
        provider.issuer = "https://other.example.test"
        self.assertFalse(provider.jwks)

    def test_a_provider_is_allowed_only_when_it_is_complete(self):
        for name in ("client_id", "issuer", "token_endpoint", "jwks_uri", "auth_endpoint"):
            with (
                self.subTest(field=name),
                self.assertRaises(ValidationError),
                self.env.cr.savepoint(),
            ):
                make_provider(self.env, **{name: False})

    def test_odoos_own_providers_still_need_their_addresses(self):
        with self.assertRaises(ValidationError):
            self.env["auth.oauth.provider"].create({"name": "Plain", "body": "x", "enabled": True})

    def test_addresses_without_tls_are_for_the_machine_itself(self):
        make_provider(self.env, jwks_uri="http://localhost:99/keys")
        for url in (
            "http://sso.example.test/keys",
            "ftp://x/",
            "https://u:p@x/",
            "https://x/#f",
            "keys",
            "https://169.254.169.254/keys",
            "https://[fe80::1]/keys",
            "https://[::ffff:169.254.169.254]/keys",
            "https://0.0.0.0/keys",
        ):
            with self.subTest(url=url), self.assertRaises(ValidationError), self.env.cr.savepoint():
                make_provider(self.env, jwks_uri=url)

    def test_a_claim_changes_no_kind_of_user(self):
        for group in ("base.group_user", "base.group_portal", "base.group_public"):
            rule = {"value": "x", "group_id": self.env.ref(group).id}
            with (
                self.subTest(group=group),
                self.assertRaises(ValidationError),
                self.env.cr.savepoint(),
            ):
                make_provider(self.env, group_rule_ids=[(0, 0, rule)])

    def test_a_rule_is_there_once(self):
        rule = {"value": "x", "group_id": self.env.ref("base.group_erp_manager").id}
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            make_provider(self.env, group_rule_ids=[(0, 0, rule), (0, 0, rule)])

    def test_times_are_sane(self):
        for values in ({"session_hours": -1}, {"leeway_seconds": 301}, {"check_minutes": -5}):
            with (
                self.subTest(values=values),
                self.assertRaises(ValidationError),
                self.env.cr.savepoint(),
            ):
                make_provider(self.env, **values)

    def test_a_provider_shows_the_addresses_to_register(self):
        provider = make_provider(self.env)
        base = provider.get_base_url()
        self.assertEqual(provider.redirect_uri, f"{base}/auth_oidc/callback/{provider.id}")
        self.assertEqual(provider.issuer, ISSUER)
