"""The audit trail in PostgreSQL: tables, triggers and functions of the schema ``ipai_audit``.

The files of ``sql/`` make them. In a set-up as ``docs/audit.md`` describes it they belong to a role
of their own: the role that Odoo uses reads rows, adds rows and hands in signed checkpoints, and
PostgreSQL refuses it everything else. Elsewhere Odoo makes them itself, and says so.

Rows are chained after their commit, in the order in which the sealer sees them: writers never wait
for each other. The database itself computes the hashes.
"""

from pathlib import Path

from odoo.exceptions import UserError

from ...engine.audit_chain import FIELDS

FOLDER = Path(__file__).resolve().parents[2] / "sql"
MADE_BY = ("ed25519", "audit_tables", "audit_functions")
VERSION = 1  # as ipai_audit.version() says
AT = """to_char(audit.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
COLUMNS = ", ".join(AT if name == "at" else f"audit.{name}" for name in FIELDS)
IS_APART = (
    "SELECT NOT pg_has_role(nspowner, 'MEMBER') FROM pg_namespace WHERE nspname = 'ipai_audit'"
)
TOO_OLD = (
    "The audit trail's tables are older than this code and belong to another role than Odoo's. "
    "Run script/server or script/stack, or the files of sql/ as docs/audit.md says, then update."
)
LEAVE = """
DROP VIEW IF EXISTS ops_audit, ops_audit_checkpoint;
CREATE TABLE ops_audit (LIKE ipai_audit.ops_audit INCLUDING IDENTITY);
ALTER TABLE ops_audit ALTER COLUMN at SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');
"""


def create(cursor):
    """Make the trail's tables, or use those that its owner made; again is as good as once."""
    if not is_apart(cursor):
        for name in MADE_BY:
            cursor.execute(_text(name))
    elif _version(cursor) < VERSION:
        raise UserError(TOO_OLD)
    cursor.execute(_text("audit_views"))


def drop(cursor):
    """Take away what the ORM does not know of; a trail with an owner of its own stays."""
    cursor.execute(LEAVE)  # what is deleted after this is still noted
    if not is_apart(cursor):
        cursor.execute("DROP SCHEMA ipai_audit CASCADE")


def is_apart(cursor):
    """Say whether the tables belong to a role that Odoo's own role cannot act as."""
    cursor.execute(IS_APART)
    found = cursor.fetchone()
    return bool(found and found[0])


def seal(cursor):
    """Chain the committed rows that are not chained yet; return how many were."""
    cursor.execute("SELECT ipai_audit.seal()", log_exceptions=False)
    return cursor.fetchone()[0]


def keep(cursor, public, statement):
    """Store a signed checkpoint, delete behind a cut; return how many rows were deleted."""
    cursor.execute("SELECT ipai_audit.trust(%s)", [public])
    query = "SELECT ipai_audit.keep(%(seq)s, %(hash)s, %(at)s, %(is_cut)s, %(signature)s)"
    cursor.execute(query, statement.__dict__)
    return cursor.fetchone()[0]


def head(cursor):
    """Return (seq, hash) of the chain's last row, or of the last cut, or of its beginning."""
    cursor.execute("SELECT seq, hash FROM ipai_audit.head()")
    return cursor.fetchone()


def _version(cursor):
    cursor.execute("SELECT ipai_audit.version()")
    return cursor.fetchone()[0]


def _text(name):
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
