"""Secrets planted everywhere, everything that writes text exercised: none is in the database or the log."""

import base64
import json
import logging
from urllib.parse import quote

from odoo.tests import tagged
from odoo.tools import SQL

from ..engine.redact import Redactor
from .common import SHA, OpsCase

GIT = 'plant-git-7w"x\\y ü'
HOOK = "plant-hook-4Qz9&<tag>"
VALUE = "plant-value-8kT2'q/+="
OPTION = "plant-option-3Lm5 %d"
TABLES = (
    "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'r' AND (n.nspname = 'ipai_audit' OR n.nspname = 'public' AND "
    "c.relname ~ '^(ops|ipai|mail|bus|discuss|res_users|auth|ir_(attachment|logging|config|cron|property|default))')"
)


class Kept(logging.Handler):
    """Keeps what Odoo logs, with what a traceback tells."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@tagged("post_install", "-at_install", "ipai_ops")
class TestPlantedSecrets(OpsCase):
    def setUp(self):
        super().setUp()
        self.kept = Kept()
        logging.getLogger("odoo").addHandler(self.kept)
        self.addCleanup(logging.getLogger("odoo").removeHandler, self.kept)
        self.project.with_user(self.manager).write(
            {"new_git_credentials": f"ci:{GIT}", "new_webhook_secret": HOOK}
        )
        for name, delivery, value in (
            ("a-file", "file", VALUE),
            ("smtp_password", "option", OPTION),
        ):
            self.env["ops.secret"].with_user(self.manager).create(
                {"name": name, "project_id": self.project.id, "stages": "all"}
                | {"delivery": delivery, "new_value": value}
            )
        self.run_one = self.begin(self.production._deploy("push", SHA))
        self.secrets = self.planted()

    def planted(self):
        """Return the planted secrets, and those that the product made for this environment itself."""
        known = self.run_one.sudo()._secret_values()
        repository = self.project._backup_repository().sudo()
        known += repository._secret_values() + self.project.sudo()._secret_values()
        return sorted(
            {text for text in known if text and len(text) >= 6} | {GIT, HOOK, VALUE, OPTION}
        )

    def spellings(self):
        for secret in self.secrets:
            yield from (secret, quote(secret, safe="").lower(), json.dumps(secret))
            yield from (json.dumps(secret, ensure_ascii=False), repr(secret), secret.encode().hex())
            yield base64.b64encode(f"user:{secret}".encode()).decode()

    def exercise(self):
        """Have a container, a person and the product say every secret in many ways."""
        step = self.run_one.step_ids[0]
        step.attempt = 1
        lines = [
            {"seq": number, "at": "2026-01-31T10:00:00Z", "level": "info", "attempt": 1}
            | {"message": f"trying {text} now", "payload": {"said": text, text: [text]}}
            for number, text in enumerate(self.spellings(), 1)
        ]
        self.run_one.sudo()._ingest(step, [*lines, *[f"bare {text}" for text in self.spellings()]])
        self.project.with_user(self.manager).write({"name": "Acme Plants"})
        self.project.with_user(self.manager).action_new_webhook_secret()
        self.production.with_user(self.manager).action_show_admin_password()
        self.project._backup_repository().with_user(self.manager).action_export_key()
        run = self.run_one.sudo()
        run._odoo_conf()
        run._finish("failed", self.env.cr.now())
        self.env["ops.audit"]._note("test.end", run)
        self.env.flush_all()

    def leaks(self, texts, redactor):
        """Return the texts with a plant in them; they are looked through some hundreds at a time."""
        found = []
        for start in range(0, len(texts), 300):
            some = texts[start : start + 300]
            joined = " | ".join(some)
            if redactor._blanked(joined) != joined:
                found += [text[:300] for text in some if redactor._blanked(text) != text] or [
                    joined
                ]
        return found

    def test_no_plant_is_in_the_database_the_log_or_an_order(self):
        self.exercise()
        redactor, rows, found = Redactor(self.secrets), 0, {}
        self.assertGreaterEqual(len(self.secrets), 7)
        for (table,) in self.env.execute_query(SQL(TABLES)):
            mine = " WHERE create_date >= now()" if table == "ir_attachment" else ""  # not icons
            query = SQL(f"SELECT t::text FROM {table} t{mine}")
            texts = [row[0] for row in self.env.execute_query(query)]
            rows += len(texts)
            if leaked := self.leaks(texts, redactor):
                found[table] = leaked
        found |= {"log": leaked} if (leaked := self.leaks(self.kept.lines, redactor)) else {}
        orders = [
            json.dumps(run.spec, default=str) for run in self.env["ops.run"].sudo().search([])
        ]
        found |= {"spec": leaked} if (leaked := self.leaks(orders, redactor)) else {}
        self.assertGreater(rows, 100)
        self.assertEqual(found, {})

    def test_what_was_said_is_there_but_for_the_secrets(self):
        self.exercise()
        events = self.env["ops.run.event"].sudo().search([("run_id", "=", self.run_one.id)])
        said = [event.message for event in events if "trying" in event.message]
        self.assertEqual(len(said), 7 * len(self.secrets))
        self.assertTrue(all("••••••" in text for text in said))
