"""What a masking has done so far, kept in the copy itself, so that a killed one goes on where it was.

It names its database by oid: what came into another database with a dump means nothing there, and a
masked copy that was loaded somewhere is masked again.
"""

import json

from ..catalog import OWN_SCHEMA
from ..session import Session

TABLES = f"""
CREATE SCHEMA {OWN_SCHEMA};
CREATE TABLE {OWN_SCHEMA}.run (database oid, run bigint, report jsonb);
CREATE TABLE {OWN_SCHEMA}.done (name text PRIMARY KEY, report jsonb);
CREATE TABLE {OWN_SCHEMA}.dropped_index (name text, definition text);
CREATE TABLE {OWN_SCHEMA}.sample (kind text, value text, relation text, field text, row_id bigint);
"""
HERE = "(SELECT oid FROM pg_database WHERE datname = current_database())"


class State:
    """The journal of one masking."""

    def __init__(self, session: Session):
        self._session = session

    def open(self, run: int) -> bool:
        """True when an earlier attempt of this run left its journal here."""
        if self._is_of(run):
            return True
        with self._session.transaction():
            self._session.run(f"DROP SCHEMA IF EXISTS {OWN_SCHEMA} CASCADE")
            self._session.run(TABLES)
            self._session.run(f"INSERT INTO {OWN_SCHEMA}.run SELECT {HERE}, %s, NULL", [run])
        return False

    def finished(self) -> dict | None:
        """The report of a masking that ended; its result may have been lost on the way."""
        return self._session.value(f"SELECT report FROM {OWN_SCHEMA}.run")

    def finish(self, report: dict) -> None:
        """Keep the report, drop all originals."""
        with self._session.transaction():
            self._session.run(f"DROP TABLE {OWN_SCHEMA}.sample, {OWN_SCHEMA}.done")
            self._session.run(f"DROP TABLE {OWN_SCHEMA}.dropped_index")
            self._session.run(f"UPDATE {OWN_SCHEMA}.run SET report = %s", [json.dumps(report)])

    def has(self, name: str) -> bool:
        query = f"SELECT count(*) FROM {OWN_SCHEMA}.done WHERE name = %s"
        return bool(self._session.value(query, [name]))

    def note(self, name: str, report) -> None:
        """Belongs into the transaction that did what it notes."""
        statement = f"INSERT INTO {OWN_SCHEMA}.done VALUES (%s, %s)"
        self._session.run(statement, [name, json.dumps(report)])

    def reports(self, prefix: str) -> list:
        query = f"SELECT report FROM {OWN_SCHEMA}.done WHERE name LIKE %s ORDER BY name"
        return [report for (report,) in self._session.rows(query, [f"{prefix}%"])]

    def report(self, name: str):
        query = f"SELECT report FROM {OWN_SCHEMA}.done WHERE name = %s"
        return self._session.value(query, [name])

    def _is_of(self, run: int) -> bool:
        if not self._session.value("SELECT to_regclass(%s) IS NOT NULL", [f"{OWN_SCHEMA}.run"]):
            return False
        query = f"SELECT count(*) FROM {OWN_SCHEMA}.run WHERE database = {HERE} AND run = %s"
        return bool(self._session.value(query, [run]))
