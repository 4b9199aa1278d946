"""The audit trail: what is in it, that nobody changes it, and that a change is found."""

import json
import tempfile
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.sql_db import db_connect
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..engine import audit_chain, audit_export
from ..models.audit import audit as audit_module
from ..models.audit import tables as audit_tables
from .common import OpsCase, OpsMixin


class AuditMixin:
    @classmethod
    def set_up_key(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.key_path = Path(folder, "audit")
        environ = {"IPAI_AUDIT_KEY_FILE": str(cls.key_path)}
        cls.enterClassContext(patch.dict("os.environ", environ))
        cls.audit = cls.env["ops.audit"]

    def apart(self, action):
        """Return the details of the rows that were written in a transaction of their own."""
        with closing(db_connect(self.env.cr.dbname).cursor()) as cursor:
            query = "SELECT login, outcome, details FROM ipai_audit.ops_audit WHERE action = %s ORDER BY id DESC"
            cursor.execute(query, [action])
            return [
                (login, outcome, json.loads(text)) for login, outcome, text in cursor.fetchall()
            ]

    def rows(self, action):
        return self.audit.search([("action", "=", action)])


@tagged("post_install", "-at_install", "ipai_ops")
class TestAuditRows(AuditMixin, OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.set_up_key()

    def details(self, action):
        return json.loads(self.rows(action)[:1].details)

    def test_a_queued_run_is_in_the_trail(self):
        environment = self.make_environment()
        run = environment.with_user(self.operator)._deploy("button")
        row = self.rows("run.queued")[0]
        self.assertEqual((row.login, row.outcome), ("ops_operator", "done"))
        self.assertEqual(row.environment_id, environment.id)
        self.assertEqual(row.project_id, self.project.id)
        self.assertEqual(json.loads(row.details)["run"], run.id)

    def test_a_refusal_stays_although_the_call_is_rolled_back(self):
        production = self.production.with_user(self.viewer)
        with self.assertRaises(AccessError):  # takes back what the call wrote
            production._check_may("deploy")
        login, outcome, details = self.apart("access.refused")[0]
        self.assertEqual((login, outcome), ("ops_viewer", "refused"))
        self.assertIn(details.get("permission", details.get("operation")), ("deploy", "read"))

    def test_a_changed_setting_is_told_with_its_old_value(self):
        self.production.with_user(self.manager).workers = 5
        details = self.details("environment.changed")
        self.assertEqual(details["values"], {"workers": 5})
        self.assertEqual(details["before"], {"workers": 2})

    def test_a_secret_is_never_told(self):
        self.project.with_user(self.manager).new_git_credentials = "deploy:very-secret-token"
        row = self.rows("project.changed")[0]
        self.assertIn("new_git_credentials", row.details)
        self.assertNotIn("very-secret", row.details)

    def test_a_shown_password_is_told(self):
        self.production.with_user(self.manager).action_show_admin_password()
        self.assertEqual(self.rows("secret.shown")[0].login, "ops_manager")

    def test_a_given_group_is_told(self):
        self.viewer.group_ids += self.env.ref("ipai_ops.group_manager")
        self.assertIn("ipai_ops.group_manager", self.details("user.changed")["groups"])

    def test_people_put_into_a_group_are_told_with_the_group(self):
        group = self.env.ref("ipai_ops.group_manager")
        group.with_user(self.env.ref("base.user_admin")).user_ids += self.viewer
        self.assertEqual(self.details("group.changed"), {"joined": ["ops_viewer"]})
        group.user_ids -= self.viewer
        self.assertEqual(self.details("group.changed"), {"left": ["ops_viewer"]})

    def test_a_group_that_gives_another_is_told(self):
        group = self.env["res.groups"].create({"name": "Support"})
        group.implied_ids = self.env.ref("ipai_ops.group_manager")
        self.assertIn("Operations / Manager", self.details("group.changed")["implies"])

    def test_a_shown_backup_key_and_a_moved_repository_are_told(self):
        repository = self.project._backup_repository().with_user(self.manager)
        repository.name = "Elsewhere"
        values = self.details("backup.repository.changed")["values"]
        self.assertEqual(values, {"name": "Elsewhere"})
        repository.action_export_key()
        self.assertEqual(self.details("secret.shown"), {"name": "backup key"})

    def test_logins_are_told(self):
        self.authenticate("ops_viewer", "ops_viewer")
        self.assertEqual(self.apart("login")[0][:2], ("ops_viewer", "done"))

    @mute_logger("odoo.addons.base.models.res_users")
    def test_a_failed_login_is_told_with_the_name_that_was_tried(self):
        credential = {"login": "nobody@example.org", "password": "x", "type": "password"}
        with self.assertRaises(AccessDenied):
            self.env["res.users"]._login(credential, {"interactive": True})
        self.assertEqual(self.apart("login.failed")[0][:2], ("nobody@example.org", "refused"))

    def test_an_api_key_is_told_once_an_hour(self):
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.manager)
            .sudo()
            ._generate("rpc", "ci", None)
        )
        headers = {"Authorization": f"Bearer {key}"}
        before = len(self.apart("api_key.used"))
        for _turn in range(3):
            url = "/json/2/ops.project/search_read"
            answer = self.url_open(url, json={"domain": [], "fields": ["name"]}, headers=headers)
            self.assertEqual(answer.status_code, 200)
        self.assertEqual(len(self.apart("api_key.used")), before + 1)
        self.assertEqual(self.details("api_key.created")["name"], "ci")

    def test_the_export_is_for_managers_and_verifies_with_the_public_key(self):
        self.authenticate("ops_operator", "ops_operator")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open("/ipai/audit/export").status_code, 403)
        self.authenticate("ops_manager", "ops_manager")
        answer = self.url_open("/ipai/audit/export")
        verdict = audit_export.verify_export(answer.text.splitlines(), self.audit._public_key())
        self.assertTrue(verdict.is_good, verdict.problem)
        self.assertGreater(verdict.count, 0)
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open("/ipai/audit/export?since=soon").status_code, 400)


@tagged("post_install", "-at_install", "ipai_ops")
class TestAuditChain(AuditMixin, OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_key()
        for number in range(5):
            cls.audit._note("test.row", cls.project, number=number)
        before = audit_tables.head(cls.env.cr)[0]
        cls.sealed = audit_tables.seal(cls.env.cr)
        cls.last = audit_tables.head(cls.env.cr)[0]
        cls.grown = cls.last - before

    def behind_the_triggers(self, statement, *values):
        """Do what only a database administrator can."""
        for table in ("ops_audit", "ops_audit_link", "ops_audit_checkpoint"):
            self.env.cr.execute(f"ALTER TABLE ipai_audit.{table} DISABLE TRIGGER USER")
        self.env.cr.execute(statement, values)

    def problem(self):
        return self.audit._verify().problem

    def test_every_row_that_waits_is_chained(self):
        self.assertGreaterEqual(self.sealed, 5)
        self.assertEqual(self.grown, self.sealed)

    def test_the_chain_is_whole(self):
        verdict = self.audit._verify()
        self.assertEqual((verdict.problem, verdict.last_seq), ("", self.last))

    def test_the_database_refuses_every_change(self):
        for statement in (
            "UPDATE ipai_audit.ops_audit SET login = 'x'",
            "DELETE FROM ipai_audit.ops_audit",
            "TRUNCATE ipai_audit.ops_audit",
            "UPDATE ipai_audit.ops_audit_link SET hash = ''",
            "DELETE FROM ipai_audit.ops_audit_link",
            "TRUNCATE ipai_audit.ops_audit_link",
        ):
            refused = self.assertRaises(psycopg2.errors.InsufficientPrivilege)
            with self.subTest(statement), mute_logger("odoo.sql_db"), refused:
                self.try_to(statement)

    def try_to(self, statement):
        with closing(self.env.cr.savepoint()):
            self.env.cr.execute(statement)

    def test_the_orm_refuses_every_change(self):
        row = self.audit.search([], limit=1)
        for change in (
            lambda: row.write({"login": "x"}),
            row.unlink,
            lambda: self.audit.create({"action": "x"}),
        ):
            with self.assertRaises(UserError):
                change()

    def test_the_database_sets_the_time(self):
        self.env.cr.execute(
            "INSERT INTO ops_audit (at, action, outcome) VALUES ('2001-01-01', 'x', 'done') RETURNING at"
        )
        self.assertLess(datetime.utcnow() - self.env.cr.fetchone()[0], timedelta(minutes=1))

    def test_an_altered_row_is_named(self):
        row = "(SELECT audit_id FROM ipai_audit.ops_audit_link WHERE seq = %s)"
        statement = f"UPDATE ipai_audit.ops_audit SET login = 'x' WHERE id = {row}"
        self.behind_the_triggers(statement, self.last - 2)
        self.assertEqual(self.problem(), f"Row {self.last - 2} was altered.")

    def test_a_missing_row_is_named(self):
        row = "(SELECT audit_id FROM ipai_audit.ops_audit_link WHERE seq = %s)"
        statement = f"DELETE FROM ipai_audit.ops_audit WHERE id = {row}"
        self.behind_the_triggers(statement, self.last - 1)
        self.assertIn(f"Row {self.last - 1} is missing", self.problem())

    def test_a_link_taken_out_is_named(self):
        self.behind_the_triggers(
            "DELETE FROM ipai_audit.ops_audit_link WHERE seq = %s", self.last - 1
        )
        self.assertEqual(self.problem(), f"Row {self.last - 1} is missing.")

    def test_two_rows_that_changed_places_are_named(self):
        statement = (
            "UPDATE ipai_audit.ops_audit_link link SET audit_id = -other.audit_id FROM ipai_audit.ops_audit_link other "
            "WHERE link.seq IN (%s, %s) AND other.seq = %s + %s - link.seq"
        )
        a, b = self.last - 2, self.last - 1
        self.behind_the_triggers(statement, a, b, a, b)
        self.env.cr.execute(
            "UPDATE ipai_audit.ops_audit_link SET audit_id = -audit_id WHERE audit_id < 0"
        )
        self.assertIn(f"Row {a} is not at its place", self.problem())

    def test_rows_cut_off_behind_a_checkpoint_are_missed(self):
        self.env["ops.audit.checkpoint"]._sign(*audit_tables.head(self.env.cr))
        self.behind_the_triggers(
            "DELETE FROM ipai_audit.ops_audit_link WHERE seq >= %s", self.last - 1
        )
        self.assertIn(f"Row {self.last - 1} is missing", self.problem())

    def test_a_chain_made_anew_does_not_fit_its_checkpoint(self):
        self.env["ops.audit.checkpoint"]._sign(*audit_tables.head(self.env.cr))
        row = "(SELECT audit_id FROM ipai_audit.ops_audit_link WHERE seq = %s)"
        self.behind_the_triggers(
            f"UPDATE ipai_audit.ops_audit SET login = 'x' WHERE id = {row}", self.last
        )
        self.env.cr.execute(
            "SELECT hash FROM ipai_audit.ops_audit_link WHERE seq = %s", [self.last - 1]
        )
        before = (self.env.cr.fetchone() or [audit_chain.GENESIS])[0]
        self.env.cr.execute(
            f"SELECT {audit_tables.COLUMNS} FROM ipai_audit.ops_audit audit WHERE id = {row}",
            [self.last],
        )
        forged = audit_chain.digest(before, self.env.cr.fetchone())
        self.env.cr.execute(
            "UPDATE ipai_audit.ops_audit_link SET hash = %s WHERE seq = %s", [forged, self.last]
        )
        self.assertIn("its checkpoint", self.problem())

    def test_the_database_keeps_no_checkpoint_that_the_key_did_not_sign(self):
        seq, last_hash = audit_tables.head(self.env.cr)
        self.env["ops.audit.checkpoint"]._sign(seq, last_hash)
        forged = audit_chain.signed(audit_chain.private_key("other"), seq, last_hash, "now", True)
        mine = audit_chain.public_text(self.env["ops.audit.checkpoint"]._key())
        theirs = audit_chain.public_text(audit_chain.private_key("other"))
        for public in (mine, theirs):  # the database trusts the first key that it was told
            refused = self.assertRaises(psycopg2.errors.InsufficientPrivilege)
            with self.subTest(public), mute_logger("odoo.sql_db"), refused:
                self.hand_in(public, forged)

    def hand_in(self, public, statement):
        with self.env.cr.savepoint():
            audit_tables.keep(self.env.cr, public, statement)

    def test_a_checkpoint_put_in_by_an_administrator_is_named(self):
        self.env.cr.execute(
            "INSERT INTO ipai_audit.ops_audit_checkpoint (seq, hash, at, is_cut, signature) "
            "VALUES (%s, %s, 'now', true, 'AAAA')",
            audit_tables.head(self.env.cr),
        )
        self.assertIn("does not bear", self.problem())

    def test_rows_younger_than_the_shortest_time_are_never_cut(self):
        refused = self.assertRaises(psycopg2.errors.InsufficientPrivilege)
        with mute_logger("odoo.sql_db"), refused, self.env.cr.savepoint():
            self.audit._cut(datetime.utcnow() + timedelta(days=1))

    def test_retention_leaves_a_chain_that_verifies(self):
        self.audit._note("test.late", self.project)
        self.env["ops.audit.checkpoint"]._sign(*audit_tables.head(self.env.cr))
        self.env.cr.execute("UPDATE ipai_audit.trusted SET shortest_days = -2")  # its owner may
        self.assertTrue(self.audit._cut(datetime.utcnow() + timedelta(days=1)))
        self.assertFalse(self.rows("test.row"))
        audit_tables.seal(self.env.cr)
        verdict = self.audit._verify()
        self.assertEqual((verdict.problem, verdict.last_seq), ("", self.last + 1))

    def test_the_database_computes_the_same_hashes_as_the_verifier(self):
        for text in ("", "\x01\x1f\x7f", '"\\/\b\f\n\r\t', "ü€😀\u2028\ufeff", "\ud7ff</script>"):
            self.audit._note("test.text", self.project, text=text, login=text)
            values = self.audit._values("test.text", None, {}) | {"login": text, "details": text}
            audit_module._insert(self.env.cr, values | {"record_name": None, "res_id": None})
        audit_tables.seal(self.env.cr)
        self.assertEqual(self.problem(), "")

    def test_an_export_of_some_days_says_so_and_verifies(self):
        now = datetime.utcnow()
        for since, until in ((now - timedelta(hours=9), None), (None, now), (now, now)):
            verdict = audit_export.verify_export(
                self.audit._export(since, until), self.audit._public_key()
            )
            self.assertEqual(verdict.problem, "")
            self.assertIn("A part of the trail", audit_export.sentence(verdict))
        verdict = audit_export.verify_export(self.audit._export(), self.audit._public_key())
        self.assertEqual((verdict.part, verdict.last_seq), ("", self.last))

    def test_a_key_that_is_gone_is_said_and_not_replaced(self):
        self.env["ops.audit.checkpoint"]._sign(*audit_tables.head(self.env.cr))
        text = self.key_path.read_text()
        self.key_path.unlink()
        self.addCleanup(self.key_path.write_text, text)
        with self.assertRaisesRegex(UserError, "is gone"):
            self.env["ops.audit.checkpoint"]._sign(*audit_tables.head(self.env.cr))
        self.assertFalse(self.key_path.exists())
