"""Secrets at rest: sealed with a key that is not in the database."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from ..protocol import sealing
from ..protocol.refusal import Refused, printable
from .common import make_provider

SECRET = "a-secret-that-must-not-leak"


@tagged("post_install", "-at_install")
class TestSecrets(TransactionCase):
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
