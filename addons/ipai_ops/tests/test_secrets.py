"""Secrets: encrypted at rest, written and never read, delivered by name, blanked in logs."""

import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine.steps import common
from .common import SHA, OpsCase

VALUE = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"


@tagged("post_install", "-at_install", "ipai_ops")
class TestSecrets(OpsCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.key_path = Path(folder, "secrets")
        environ = {"IPAI_SECRETS_KEY_FILE": str(cls.key_path)}
        cls.enterClassContext(patch.dict("os.environ", environ))
        super().setUpClass()
        cls.secret = cls.make_secret()

    @classmethod
    def make_secret(cls, **values):
        defaults = {"project_id": cls.project.id, "name": "stripe-key", "new_value": VALUE}
        return cls.env["ops.secret"].create({**defaults, **values})

    def columns(self):
        self.env.flush_all()
        texts = []
        for table in ("ops_secret", "ops_project", "ops_environment"):
            self.env.cr.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            texts += [row[0] for row in self.env.cr.fetchall()]
        return "\n".join(texts)

    def test_no_secret_is_in_the_database_as_it_is(self):
        environment = self.production.sudo()
        found = self.columns()
        for value in (VALUE, environment.db_password, environment.admin_password, "hook secret"):
            self.assertNotIn(value, found)
        self.assertEqual(self.secret.sudo().value, VALUE)
        self.assertEqual(self.project.sudo().webhook_secret, "hook secret")

    def test_an_update_encrypts_what_was_plain_text_and_drops_its_column(self):
        self.env.cr.execute("ALTER TABLE ops_project ADD COLUMN git_credentials varchar")
        query = "UPDATE ops_project SET git_credentials = 'an old plain token' WHERE id = %s"
        self.env.cr.execute(query, [self.project.id])
        self.env["ops.project"]._seal_columns(("git_credentials", "masking_key"))
        self.assertNotIn("an old plain token", self.columns())
        self.env.invalidate_all()
        self.assertEqual(self.project.sudo().git_credentials, "an old plain token")

    def test_nobody_reads_a_value(self):
        for user in (self.viewer, self.operator, self.manager):
            with self.assertRaises(AccessError):
                self.secret.with_user(user).read(["value"])
        self.assertFalse(self.secret.with_user(self.manager).read(["new_value"])[0]["new_value"])
        self.assertNotIn("value", self.secret.with_user(self.manager).fields_get())

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_only_those_with_the_right_set_one(self):
        with self.assertRaises(AccessError):
            self.secret.with_user(self.viewer).new_value = "x"
        values = {"project_id": self.project.id, "name": "other", "new_value": "x"}
        with self.assertRaises(AccessError):
            self.env["ops.secret"].with_user(self.viewer).create(values)
        self.secret.with_user(self.manager).new_value = "a newer value"
        self.assertEqual(self.secret.sudo().value, "a newer value")

    def test_a_lost_key_is_said_and_nothing_else_is_given(self):
        text = self.key_path.read_text()
        self.key_path.unlink()
        self.addCleanup(self.key_path.write_text, text)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "is not in"):
            self.secret.sudo().value  # noqa: B018
        with self.assertRaisesRegex(UserError, "is not in"):
            self.secret.new_value = "new"
        self.assertFalse(self.key_path.exists())

    def test_a_value_moved_to_another_row_does_not_open(self):
        other = self.make_secret(name="other", new_value="another value")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ops_secret SET sealed_values = (SELECT sealed_values FROM ops_secret "
            "WHERE id = %s) WHERE id = %s",
            [self.secret.id, other.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "damaged"):
            other.sudo().value  # noqa: B018

    def test_after_a_rotation_the_old_key_is_not_needed(self):
        before = self.columns()
        self.env["ops.secret"].with_user(self.manager).action_rotate()
        self.assertNotEqual(before, self.columns())
        text = self.key_path.read_text()
        self.key_path.write_text(text.splitlines()[0])
        self.addCleanup(self.key_path.write_text, text)
        self.env.invalidate_all()
        self.assertEqual(self.secret.sudo().value, VALUE)
        self.assertTrue(self.production.sudo().db_password)

    def test_an_interrupted_rotation_goes_on_with_the_same_key(self):
        secrets = self.env["ops.secret"]
        secrets._reseal_some()  # the key file outlives what another test took back
        before = len(self.key_path.read_text().splitlines())
        self.addCleanup(self.key_path.write_text, self.key_path.read_text())
        secrets._begin_rotation()
        self.assertGreater(secrets._reseal_some(1), 0)
        newest = self.key_path.read_text().splitlines()[0]
        secrets._begin_rotation()  # called again after an interruption
        lines = self.key_path.read_text().splitlines()
        self.assertEqual((lines[0], len(lines)), (newest, before + 1))
        while secrets._reseal_some(1):
            pass
        self.assertFalse(any(one._stale_ids() for one in secrets._sealed_models()))
        self.key_path.write_text(newest)
        self.env.invalidate_all()
        self.assertEqual(self.secret.sudo().value, VALUE)
        self.assertTrue(self.production.sudo().db_password)

    def test_a_finished_rotation_is_followed_by_a_new_one(self):
        self.addCleanup(self.key_path.write_text, self.key_path.read_text())
        self.env["ops.secret"]._rotate()
        first = self.key_path.read_text().splitlines()[0]
        self.env["ops.secret"]._begin_rotation()
        self.assertNotEqual(self.key_path.read_text().splitlines()[0], first)

    def test_a_run_names_its_secrets_and_the_driver_renders_them(self):
        option = self.make_secret(name="sentry_dsn", delivery="option", new_value="https://x:y@z")
        run = self.begin(self.production._deploy("push", SHA)).sudo()
        self.assertNotIn(VALUE, str(run.spec))
        context = run._context_of("release" if run._step("release") else run.step_ids[0].name)
        [file] = common.delivered(context)
        self.assertEqual(file.filename, "stripe-key")
        self.assertEqual(run._file_content(file.content_of), VALUE)
        self.assertIn("sentry_dsn = https://x:y@z", run._odoo_conf())
        self.assertTrue(self.secret.last_used_at and option.last_used_at)

    def test_production_secrets_stay_away_from_staging(self):
        staging = self.make_environment("staging", stage="staging")
        self.assertFalse(staging._delivered_secrets())
        own = self.make_secret(name="stripe-key", environment_id=staging.id, new_value="sk_test")
        self.make_secret(name="stripe-key", stages="all", new_value="sk_all")
        self.assertEqual(staging._delivered_secrets(), own)

    def test_a_value_is_blanked_in_the_log(self):
        run = self.begin(self.production._deploy("push", SHA)).sudo()
        self.assertIn(VALUE, run._secret_values())

    def test_an_option_of_the_platform_is_refused(self):
        for name in ("db_password", "dbfilter", "list_db", "workers"):
            with self.assertRaises(ValidationError):
                self.make_secret(name=name, delivery="option")

    def test_somebody_is_reminded_once_before_it_expires(self):
        self.secret.expires_on = "2026-01-01"
        for _day in range(2):
            self.env["ops.secret"]._cron_warn()
        self.assertEqual(len(self.secret.activity_ids), 1)

    def test_no_value_is_in_the_audit_trail(self):
        self.env.cr.execute("SELECT string_agg(details, ' ') FROM ops_audit")
        self.assertNotIn(VALUE, self.env.cr.fetchone()[0])
