"""The audit trail's tables, triggers and chain in PostgreSQL.

``ops_audit`` holds the rows, ``ops_audit_link`` their order and hashes, ``ops_audit_pending`` what
is not chained yet. Nobody updates or deletes rows and links: triggers refuse it, also to their
owner. Only what lies before a cut, a signed checkpoint, may be deleted.

Rows are chained after their commit, in the order in which the sealer sees them: writers never wait
for each other. One sealer works at a time: LOCK TABLE comes before the transaction's snapshot, so
it sees every link of the sealer before it (PostgreSQL, "LOCK": repeatable read).
"""

from psycopg2.extras import execute_values

from ..engine.audit_chain import FIELDS, GENESIS, linked

BATCH = 5000
LOCK_WAIT = "2s"
AT = """to_char(audit.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
COLUMNS = ", ".join(AT if name == "at" else f"audit.{name}" for name in FIELDS)
TABLES = """
CREATE TABLE IF NOT EXISTS ops_audit_link (
    seq bigint PRIMARY KEY, audit_id bigint NOT NULL UNIQUE, hash char(64) NOT NULL
);
CREATE TABLE IF NOT EXISTS ops_audit_pending (audit_id bigint PRIMARY KEY);

CREATE OR REPLACE FUNCTION ops_audit_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp() AT TIME ZONE 'UTC';
    INSERT INTO ops_audit_pending VALUES (NEW.id);
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ops_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE FUNCTION ops_audit_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place bigint;
BEGIN
    IF TG_TABLE_NAME = 'ops_audit' THEN
        SELECT seq INTO place FROM ops_audit_link WHERE audit_id = OLD.id;
    ELSE
        place := OLD.seq;
    END IF;
    IF place <= (SELECT max(seq) FROM ops_audit_checkpoint WHERE is_cut) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only: DELETE on % is refused.', TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
"""
GUARDED = {
    "ops_audit": "refuse_delete",
    "ops_audit_link": "refuse_delete",
    "ops_audit_checkpoint": "refuse",
}
GUARD = """
DROP TRIGGER IF EXISTS {table}_update ON {table};
CREATE TRIGGER {table}_update BEFORE UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION ops_audit_refuse();
DROP TRIGGER IF EXISTS {table}_delete ON {table};
CREATE TRIGGER {table}_delete BEFORE DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION ops_audit_{delete}();
DROP TRIGGER IF EXISTS {table}_truncate ON {table};
CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ops_audit_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_update;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_delete;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_truncate;
"""
BEGIN = """
DROP TRIGGER IF EXISTS ops_audit_insert ON ops_audit;
CREATE TRIGGER ops_audit_insert BEFORE INSERT ON ops_audit
FOR EACH ROW EXECUTE FUNCTION ops_audit_begin();
ALTER TABLE ops_audit ENABLE ALWAYS TRIGGER ops_audit_insert;
"""
DROP = """
ALTER TABLE ops_audit ALTER COLUMN at SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');
DROP TABLE IF EXISTS ops_audit_link, ops_audit_pending;
DROP FUNCTION IF EXISTS ops_audit_begin, ops_audit_refuse, ops_audit_refuse_delete CASCADE;
"""


def create(cursor):
    """Make tables and triggers of rows and links; again is as good as once."""
    cursor.execute(TABLES + BEGIN)
    for table in ("ops_audit", "ops_audit_link"):
        guard(cursor, table)


def guard(cursor, table):
    """Have the database refuse to change ``table``."""
    cursor.execute(GUARD.format(table=table, delete=GUARDED[table]))


def drop(cursor):
    """Take away what the ORM does not know of; the models' own tables go with them."""
    cursor.execute(DROP)


def seal(cursor):
    """Chain the committed rows that are not chained yet; return how many were."""
    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
    cursor.execute("LOCK TABLE ops_audit_link IN EXCLUSIVE MODE", log_exceptions=False)
    cursor.execute("DELETE FROM ops_audit_pending RETURNING audit_id")
    ids = sorted(row[0] for row in cursor.fetchall())
    for start in range(0, len(ids), BATCH):
        _link(cursor, ids[start : start + BATCH])
    return len(ids)


def _link(cursor, ids):
    query = f"SELECT {COLUMNS} FROM ops_audit audit WHERE id = ANY(%s) ORDER BY id"
    cursor.execute(query, [ids])
    rows = cursor.fetchall()
    links = linked(*head(cursor), rows)
    values = [(link.seq, link.values[0], link.hash) for link in links]
    if values:
        query = "INSERT INTO ops_audit_link (seq, audit_id, hash) VALUES %s"
        execute_values(cursor, query, values, page_size=BATCH)


def head(cursor):
    """Return (seq, hash) of the chain's last row, or of the last cut, or of its beginning."""
    cursor.execute("SELECT seq, hash FROM ops_audit_link ORDER BY seq DESC LIMIT 1")
    found = cursor.fetchone()
    if not found:
        cursor.execute(
            "SELECT seq, hash FROM ops_audit_checkpoint WHERE is_cut ORDER BY seq DESC LIMIT 1"
        )
        found = cursor.fetchone()
    return found or (0, GENESIS)
