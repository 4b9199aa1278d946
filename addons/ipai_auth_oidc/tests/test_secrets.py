"""Secrets at rest: sealed with a key that is not in the database."""

import os
import tempfile
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from ..protocol import sealing
from ..protocol.refusal import Refused, printable
from .common import make_admin, make_provider

SECRET = "a-secret-that-must-not-leak"


class SecretsCase(TransactionCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "keys"
        self.file.write_text(sealing.new_key())
        environment = patch.dict(os.environ, {"IPAI_OIDC_KEY_FILE": str(self.file)})
        environment.start()
        self.addCleanup(environment.stop)
        self.provider = make_provider(self.env, client_secret=SECRET)


@tagged("post_install", "-at_install")
class TestSecrets(SecretsCase):
    def test_the_database_holds_the_secret_sealed_only(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(p)::text FROM auth_oauth_provider p")
        self.assertNotIn(SECRET, str(self.env.cr.fetchall()))
        self.assertEqual(self.provider._unsealed("client_secret"), SECRET)
        self.assertFalse(self.provider.client_secret)

    def test_an_empty_secret_keeps_the_old_one(self):
        self.provider.client_secret = False
        self.assertEqual(self.provider._unsealed("client_secret"), SECRET)

    def test_keys_change_without_a_pause(self):
        old = self.file.read_text()
        self.file.write_text(f"{sealing.new_key()}\n{old}")
        self.assertEqual(self.provider._unsealed("client_secret"), SECRET)
        self.provider._seal_again()
        self.file.write_text(self.file.read_text().split()[0])
        self.assertEqual(self.provider._unsealed("client_secret"), SECRET)

    def test_a_lost_key_is_a_clear_error_and_never_garbage(self):
        self.file.write_text(sealing.new_key())
        with self.assertRaisesRegex(Refused, "key_lost") as caught:
            self.provider._unsealed("client_secret")
        self.assertIn("not in the key file", caught.exception.detail)

    def test_a_missing_key_file_is_not_made_up(self):
        self.file.unlink()
        with self.assertRaises(UserError):
            self.provider.client_secret = "new"

    def test_a_sealed_value_cannot_be_moved_or_altered(self):
        sealed = self.provider.sudo().client_secret_sealed
        other = make_provider(self.env, name="Other")
        other.sudo().client_secret_sealed = sealed
        with self.assertRaisesRegex(Refused, "key_lost"):
            other._unsealed("client_secret")
        self.provider.sudo().client_secret_sealed = sealed[:-6] + "AAAA=="
        with self.assertRaisesRegex(Refused, "key_lost"):
            self.provider._unsealed("client_secret")

    def test_a_copy_has_no_secret_and_is_not_allowed(self):
        copy = self.provider.copy()
        self.assertFalse(copy.has_client_secret or copy.enabled)

    def test_nothing_like_a_token_gets_into_a_log(self):
        token = "eyJhbGciOiJSUzI1NiJ9x.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
        self.assertEqual(printable(f"got {token}\nand more"), "got … and more")


MOVED = {
    "issuer": "https://elsewhere.example.test",
    "token_endpoint": "https://elsewhere.example.test/token",
    "end_session_endpoint": "https://elsewhere.example.test/end",
}
HASHES = {("ipai.oidc.session", "key_hash")}  # nothing to send: it is compared with what comes


@tagged("post_install", "-at_install")
class TestMovedSecrets(SecretsCase):
    """What is kept for a provider's addresses is deleted with them, whoever changes them and how."""

    def setUp(self):
        super().setUp()
        self.admin = make_admin(self.env, "oidc_mover")
        now = "2026-01-01 00:00:00"
        values = {
            "key_hash": "x",
            "subject": "x",
            "began_at": now,
            "proven_at": now,
            "checked_at": now,
        }
        tokens = {"id_token_sealed": "kept", "refresh_token_sealed": "kept"}
        whose = {"provider_id": self.provider.id, "user_id": self.admin.id}
        logins = self.env["ipai.oidc.login"].sudo()
        open_ = {"state_hash": "x", "browser_hash": "x", "nonce": "x", "verifier": "x"}
        open_ |= {"redirect_uri": "x", "landing": "/", "begun_at": now}
        self.login = logins.create({**open_, "provider_id": self.provider.id})
        self.session = self.env["ipai.oidc.session"].sudo().create({**values, **whose, **tokens})

    def declared(self):
        """Return the fields that say where they are sent, or why nowhere."""
        return {
            (model, name): (getattr(field, "goes_to", ()), getattr(field, "goes_nowhere", ""))
            for model in ("auth.oauth.provider", "ipai.oidc.session", "ipai.oidc.login")
            for name, field in self.env[model]._fields.items()
            if field.store and field.groups == "." and "ipai_auth_oidc" in field._modules
        }

    def test_every_secret_says_where_it_goes(self):
        for place, (goes_to, goes_nowhere) in self.declared().items():
            with self.subTest(place):
                self.assertEqual(bool(goes_to) + bool(goes_nowhere), place not in HASHES)

    def test_no_secret_follows_its_address(self):
        for (model, name), (goes_to, _reason) in self.declared().items():
            for address in (each.removeprefix("provider_id.") for each in goes_to):
                for way in ("write", "web_save", "load"):
                    with self.subTest(model=model, secret=name, address=address, way=way):
                        self.check_is_gone(model, name, address, way)

    def check_is_gone(self, model, name, address, way):
        provider = self.provider.with_user(self.admin)
        self.provider.client_secret = SECRET
        sessions = {"ipai.oidc.session": self.session, "ipai.oidc.login": self.login}
        record = sessions.get(model, self.provider.sudo())
        with closing(self.env.cr.savepoint()):
            self.assertTrue(record[name])
            values = {address: MOVED[address]}
            attempts = {
                "write": lambda: provider.write(values),
                "web_save": lambda: provider.web_save(values, {}),
                "load": lambda: provider.load(
                    [".id", address], [[str(provider.id), MOVED[address]]]
                ),
            }
            attempts[way]()
            self.env.invalidate_all()
            self.assertEqual(self.provider[address], MOVED[address])
            self.assertFalse(record.exists()[name])

    def test_a_secret_that_is_given_with_the_address_stays(self):
        self.provider.with_user(self.admin).write({**MOVED, "client_secret": "another"})
        self.assertEqual(self.provider._unsealed("client_secret"), "another")
        self.provider.with_user(self.admin).write({"token_endpoint": MOVED["token_endpoint"]})
        self.assertEqual(self.provider._unsealed("client_secret"), "another")

    def test_the_form_shows_that_another_issuer_has_no_addresses_yet(self):
        provider = self.provider.with_user(self.admin)
        found = provider.onchange({"issuer": MOVED["issuer"]}, ["issuer"], {"token_endpoint": {}})
        self.assertFalse(found["value"]["token_endpoint"])
        self.assertEqual(self.provider._unsealed("client_secret"), SECRET)
