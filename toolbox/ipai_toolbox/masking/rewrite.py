"""Masks table by table, and leaves nothing of the originals in the files of the database.

A large table loses its secondary indexes first: filling them row by row costs more than the masks.
VACUUM FULL then writes the table anew, because an UPDATE leaves the old rows on disk, and its
ANALYZE takes the originals out of the planner's statistics.
"""

import time

from ..catalog import OWN_SCHEMA
from ..session import Session, quoted
from .policy import Decision
from .state import State
from .statement import update_of
from .words import Words

LARGE_ROWS = 20_000
ONE_BY_ONE = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
ROOM_TO_SORT = "SET LOCAL maintenance_work_mem = '256MB'"
KNOWN = "SELECT count(*) FROM pg_stats WHERE schemaname = %s AND tablename = %s AND NOT inherited"
REPEATED = f"""
SELECT attname FROM pg_stats WHERE schemaname = %s AND tablename = %s AND NOT inherited
   AND n_distinct BETWEEN 0 AND {LARGE_ROWS}
"""
SECONDARY = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
 WHERE i.indrelid = %s::regclass AND NOT i.indisprimary AND NOT i.indisunique
   AND NOT i.indisreplident AND NOT i.indisclustered
   AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


def mask_table(session: Session, state: State, decisions: list[Decision], words: Words) -> None:
    """Mask one table. Done once, however often it is asked."""
    relation, label = decisions[0].column.relation, decisions[0].column.table_label
    mark, started = f"table {label}", time.monotonic()
    if not state.has(mark):
        with session.transaction():
            columns = _count(session, decisions)
            filled = [
                decision
                for decision, column in zip(decisions, columns, strict=True)
                if column["rows"]
            ]
            rows = _update(session, relation, filled, words) if filled else 0
            state.note(mark, {"columns": columns, "rows": rows})
    if state.report(mark)["rows"] and not state.has(f"clean {label}"):
        session.run(f"VACUUM (FULL, ANALYZE) {relation}")
        with session.transaction():
            session.run(ROOM_TO_SORT)
            restore_indexes(session, relation)
            state.note(f"clean {label}", {"seconds": time.monotonic() - started})


def restore_indexes(session: Session, relation: str) -> None:
    query = f"SELECT definition FROM {OWN_SCHEMA}.dropped_index WHERE name = %s"
    for (definition,) in session.rows(query, [relation]):
        session.run(definition)
    session.run(f"DELETE FROM {OWN_SCHEMA}.dropped_index WHERE name = %s", [relation])


def empty_table(session: Session, state: State, relation: str, label: str) -> bool:
    """Delete all rows; False when rows of other tables hold on to them."""
    from psycopg2 import IntegrityError

    mark = f"emptied {label}"
    if state.has(mark):
        return True
    try:
        with session.transaction():
            rows = session.run(f"DELETE FROM {relation}")
            state.note(mark, {"table": label, "rows": rows})
    except IntegrityError:
        return False
    if rows:
        session.run(f"VACUUM (FULL, ANALYZE) {relation}")
    return True


def refresh_views(session: Session) -> int:
    """Materialized views are copies: fill them from what is masked."""
    query = "SELECT schemaname, matviewname FROM pg_matviews WHERE ispopulated"
    views = session.rows(query)
    for schema, view in views:
        session.run(f"REFRESH MATERIALIZED VIEW {quoted(schema)}.{quoted(view)}")
    return len(views)


def _update(session: Session, relation: str, decisions: list[Decision], words: Words) -> int:
    """Write the fakes. The rows are met by their place: a hash of them would have to be made first."""
    repeated: frozenset[str] = frozenset()
    session.run(ONE_BY_ONE)
    if _is_large(session, relation):
        _drop_indexes(session, relation)
        repeated = repeated_columns(session, decisions)
    return session.run(update_of(decisions, words, repeated))


def repeated_columns(session: Session, decisions: list[Decision]) -> frozenset[str]:
    """The names of the table's columns that have few values, as the planner knows; it may have to look."""
    column = decisions[0].column
    place = [column.schema, column.table]
    if not session.value(KNOWN, place):
        session.run(f"ANALYZE {column.relation}")
    return frozenset(name for (name,) in session.rows(REPEATED, place))


def _count(session: Session, decisions: list[Decision]) -> list[dict]:
    """How many values each column has."""
    counts = ", ".join(f"count({decision.column.sql})" for decision in decisions)
    numbers = session.rows(f"SELECT {counts} FROM {decisions[0].column.relation}")[0]
    return [
        {
            "table": decision.column.table_label,
            "column": decision.column.name,
            "kind": decision.kind,
            "rows": number,
        }
        for decision, number in zip(decisions, numbers, strict=True)
    ]


def _is_large(session: Session, relation: str) -> bool:
    size = f"SELECT count(*) FROM (SELECT 1 FROM {relation} LIMIT {LARGE_ROWS}) AS first"
    return session.value(size) == LARGE_ROWS


def _drop_indexes(session: Session, relation: str) -> None:
    for name, definition in session.rows(SECONDARY, [relation]):
        statement = f"INSERT INTO {OWN_SCHEMA}.dropped_index VALUES (%s, %s)"
        session.run(statement, [relation, definition])
        session.run(f"DROP INDEX {name}")
