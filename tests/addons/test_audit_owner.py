"""The role that Odoo uses adds to the audit trail and can do nothing else to it: a real PostgreSQL with real roles."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import ready_database
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from odoo_command import odoo, postgres

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))

from provision import audit_owner  # noqa: E402
from provision import postgres as server  # noqa: E402
from provision.commands import Commands  # noqa: E402
from provision.settings import current_settings  # noqa: E402

NAME = "ipai_audit_owner_test"
PLANTED = """
CREATE FUNCTION public.spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER a_spy BEFORE INSERT ON ipai_audit.ops_audit FOR EACH ROW EXECUTE FUNCTION public.spy();
CREATE RULE a_rule AS ON INSERT TO ipai_audit.ops_audit_link DO INSTEAD NOTHING;
ALTER TABLE ipai_audit.ops_audit ALTER COLUMN login SET DEFAULT 'planted';
CREATE OR REPLACE FUNCTION ipai_audit.is_signed(public_key bytea, message bytea, signature bytea)
RETURNS boolean LANGUAGE sql AS 'SELECT true';
"""
TABLES = (
    "ops_audit",
    "ops_audit_link",
    "ops_audit_pending",
    "ops_audit_checkpoint",
    "trusted",
)
FORBIDDEN = [
    *(
        statement.format(table=f"ipai_audit.{table}")
        for table in TABLES
        for statement in (
            "DELETE FROM {table}",
            "TRUNCATE {table}",
            "ALTER TABLE {table} DISABLE TRIGGER ALL",
            "ALTER TABLE {table} ADD COLUMN more integer",
            "ALTER TABLE {table} OWNER TO CURRENT_USER",
            "ALTER TABLE {table} SET SCHEMA public",
            "CREATE RULE quiet AS ON INSERT TO {table} DO INSTEAD NOTHING",
            "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "CREATE INDEX ON {table} ((1))",
            "BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE",
            "DROP TABLE {table} CASCADE",
        )
    ),
    "UPDATE ipai_audit.ops_audit SET login = 'x'",
    "UPDATE public.ops_audit SET login = 'x'",
    "DELETE FROM public.ops_audit",
    "UPDATE ipai_audit.ops_audit_link SET hash = ''",
    "UPDATE ipai_audit.ops_audit_checkpoint SET is_cut = true",
    "UPDATE ipai_audit.trusted SET shortest_days = 0",
    "INSERT INTO ipai_audit.ops_audit (at, action, outcome) VALUES ('2001-01-01', 'x', 'done')",
    "INSERT INTO ipai_audit.ops_audit (id, action, outcome) OVERRIDING SYSTEM VALUE VALUES (1, 'x', 'done')",
    "INSERT INTO ipai_audit.ops_audit_link VALUES (999999, 999999, repeat('0', 64))",
    "INSERT INTO ipai_audit.ops_audit_pending VALUES (1)",
    "INSERT INTO ipai_audit.ops_audit_checkpoint (seq, hash, at, is_cut, signature) VALUES (9, '', '', true, '')",
    "INSERT INTO public.ops_audit_checkpoint (seq, hash, at, is_cut, signature) VALUES (9, '', '', true, '')",
    "INSERT INTO ipai_audit.trusted (public_key) VALUES (decode(repeat('00', 32), 'hex'))",
    "SELECT ipai_audit.keep(9, repeat('0', 64), 'now', true, 'AAAA')",
    "DROP TRIGGER ops_audit_delete ON ipai_audit.ops_audit",
    "ALTER TRIGGER ops_audit_delete ON ipai_audit.ops_audit RENAME TO nothing",
    "CREATE OR REPLACE FUNCTION ipai_audit.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "CREATE FUNCTION ipai_audit.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION ipai_audit.keep(bigint, text, text, boolean, text) SECURITY INVOKER",
    "DROP FUNCTION ipai_audit.refuse() CASCADE",
    "DROP SCHEMA ipai_audit CASCADE",
    "ALTER SCHEMA ipai_audit RENAME TO other",
    "DROP SCHEMA public CASCADE",
    "DROP OWNED BY ipai_audit_owner",
    "REASSIGN OWNED BY ipai_audit_owner TO CURRENT_USER",
    "GRANT ipai_audit_owner TO CURRENT_USER",
    "SET session_replication_role = replica",
    "SET ROLE ipai_audit_owner",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION ipai_audit_owner",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    "ALTER ROLE ipai_audit_owner LOGIN PASSWORD 'x'",
    "CREATE ROLE another",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY ipai_audit.ops_audit (action, outcome, login) FROM PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/ipai-audit-owner'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
    "CREATE EVENT TRIGGER mine ON sql_drop EXECUTE FUNCTION ipai_audit.refuse()",
    "CREATE EXTENSION file_fdw",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE internal AS 'pg_backend_pid'",
    "ALTER SYSTEM SET archive_command = 'true'",
    f"ALTER DATABASE {NAME} SET session_replication_role = replica",
    f"ALTER DATABASE {NAME} OWNER TO CURRENT_USER",
]
REFUSED = (
    psycopg2.errors.InsufficientPrivilege,
    psycopg2.errors.GeneratedAlways,
    psycopg2.errors.UndefinedFile,  # an extension or language that is not installed at all
)


def administrator(text, database=NAME):
    settings = current_settings()
    commands = Commands(settings.logs / "provision.log")
    return server.run_sql(commands, settings, database, text, "The test could not ask")


def hand_over():
    settings = current_settings()
    audit_owner.hand_over(Commands(settings.logs / "provision.log"), settings, NAME)


def asked(query):
    return postgres("psql", "-d", NAME, "-Atc", query).strip()


@pytest.fixture(scope="module")
def handed_over():
    """A database that Odoo itself set up, with traps in it, and then handed over; its rows before."""
    ready_database.copy(NAME, *ready_database.with_below("ipai_ops"))
    before = asked("SELECT count(*) FROM ipai_audit.ops_audit")
    asked(PLANTED)
    hand_over()
    yield int(before)
    administrator(f"DROP DATABASE {NAME} WITH (FORCE)", "postgres")
    ready_database.drop(NAME)


@pytest.fixture
def as_odoo(handed_over):
    """A connection of the very role that Odoo uses."""
    connection = psycopg2.connect(
        host=str(Path(os.environ["IPAI_STATE"]) / "postgres"), dbname=NAME
    )
    connection.autocommit = True  # as some statements want it
    yield connection
    connection.close()


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_role_of_odoo_is_refused(as_odoo, statement):
    with as_odoo.cursor() as cursor, pytest.raises(REFUSED):
        cursor.execute(statement)


@pytest.mark.parametrize("database", [NAME, f"{NAME}_copy"])
def test_the_role_of_odoo_neither_drops_nor_copies_the_database(handed_over, database):
    words = ("DROP DATABASE", "") if database == NAME else ("CREATE DATABASE", f"TEMPLATE {NAME}")
    with pytest.raises(subprocess.CalledProcessError):
        postgres("psql", "-d", "postgres", "-c", f"{words[0]} {database} {words[1]}")
    assert asked("SELECT count(*) > 0 FROM ipai_audit.ops_audit") == "t"


def test_nothing_hidden_in_the_old_tables_comes_along(handed_over):
    count = asked("SELECT count(*) FROM ipai_audit.ops_audit")
    assert int(count) == handed_over > 0
    planted = "SELECT count(*) FROM pg_trigger WHERE tgname = 'a_spy'"
    rules = "SELECT count(*) FROM pg_rules WHERE rulename = 'a_rule'"
    column = "SELECT count(*) FROM information_schema.columns WHERE column_default LIKE '%planted%'"
    assert [asked(query) for query in (planted, rules, column)] == ["0", "0", "0"]
    assert asked("SELECT count(*) FROM pg_namespace WHERE nspname = 'ipai_audit_before'") == "0"


def test_a_second_hand_over_changes_nothing(handed_over):
    before = asked("SELECT count(*), max(id) FROM ipai_audit.ops_audit")
    hand_over()
    assert asked("SELECT count(*), max(id) FROM ipai_audit.ops_audit") == before


def test_odoo_updates_writes_signs_and_verifies_as_that_role(handed_over):
    odoo("-d", NAME, "-u", "ipai_ops", "--stop-after-init", "--no-http")
    script = (
        "env['ops.audit']._note('test.row', login='ünï \"x\"')\n"
        "env.cr.commit()\n"
        "env['ops.audit']._cron_seal()\n"
        "env.cr.commit()\n"
        "print('apart', env['ops.audit']._ownership_warning() == '')\n"
    )
    assert "apart True" in odoo("shell", "-d", NAME, "--no-http", stdin=script)
    assert int(asked("SELECT count(*) FROM ipai_audit.ops_audit_checkpoint")) >= 1
    assert "Whole: " in odoo("ipai_audit", "verify", "-d", NAME)


def test_the_first_key_that_signs_stays_the_trusted_one(as_odoo, handed_over):
    with as_odoo.cursor() as cursor:
        cursor.execute("SELECT encode(public_key, 'base64') FROM ipai_audit.trusted")
        (first,) = cursor.fetchone()
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT ipai_audit.trust(%s)", ["A" * 43 + "="])
        cursor.execute("SELECT ipai_audit.trust(%s)", [first])
        cursor.execute("SELECT encode(public_key, 'base64') FROM ipai_audit.trusted")
        assert cursor.fetchall() == [(first,)]


def test_postgresql_judges_signatures_as_the_library_does(handed_over):
    """Some good, some with one bit turned over in the key, the message or the signature."""
    cases = []
    for number in range(4):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        message = b"m" * number
        signature = key.sign(message)
        cases.append((public, message, signature, True))
        for place in (0, 31, 32, 63):
            cases.append((public, message, _turned(signature, place), False))
        cases += [(_turned(public, 5), message, signature, False)]
        cases += [(public, message + b"x", signature, False), (public, message, b"", False)]
    parts = ", ".join(
        f"ipai_audit.is_signed('\\x{p.hex()}', '\\x{m.hex()}', '\\x{s.hex()}')"
        for p, m, s, _good in cases
    )
    answers = json.loads(administrator(f"SELECT json_build_array({parts})"))
    assert answers == [good for *_parts, good in cases]


def _turned(raw, place):
    return bytes(byte ^ (1 if index == place else 0) for index, byte in enumerate(raw))
