"""What a backup says about itself, taken in the same snapshot as its dump."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .login import Login
from .outcome import Failure, Unreachable

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

VERSION = 1
NAME = "manifest.json"
TABLES = """SELECT format('%I.%I', nspname, relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND relpersistence <> 't'
  AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
    AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1"""
DATABASE = """SELECT pg_encoding_to_char(encoding), datcollate, datctype,
  EXISTS (SELECT FROM pg_extension WHERE extname = 'unaccent'),
  current_setting('server_version'), pg_database_size(oid)
FROM pg_database WHERE datname = current_database()"""
MODULES = """SELECT name, coalesce(latest_version, '') FROM public.ir_module_module
WHERE state IN ('installed', 'to upgrade', 'to remove') ORDER BY name"""
STORED = "SELECT DISTINCT store_fname FROM public.ir_attachment WHERE store_fname IS NOT NULL"


@dataclass(frozen=True)
class Frozen:
    """One database as one snapshot sees it."""

    connection: "Connection"
    snapshot: str
    taken_at: str

    def rows(self, query: str) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def has(self, table: str) -> bool:
        return self.rows(f"SELECT to_regclass('public.{table}')")[0][0] is not None

    def tables(self) -> dict[str, int]:
        """The number of rows of every table."""
        names = [name for (name,) in self.rows(TABLES)]
        return {name: self.rows(f"SELECT count(*) FROM {name}")[0][0] for name in names}

    def modules(self) -> dict[str, str]:
        return dict(self.rows(MODULES)) if self.has("ir_module_module") else {}

    def stored_files(self) -> set[str]:
        """The filestore's files that attachments name."""
        return {name for (name,) in self.rows(STORED)} if self.has("ir_attachment") else set()

    def database(self) -> dict:
        encoding, collate, ctype, unaccent, version, size = self.rows(DATABASE)[0]
        about = {"encoding": encoding, "collate": collate, "ctype": ctype, "unaccent": unaccent}
        return {**about, "server_version": version, "size_bytes": size}


@contextmanager
def frozen(login: Login) -> Iterator[Frozen]:
    """A snapshot that pg_dump can share, held open while inside. Raises Failure."""
    import psycopg2

    connection = None
    try:
        connection = login.connect()
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SET timezone TO 'UTC'")
            cursor.execute(
                'SELECT pg_export_snapshot(), to_char(now(), \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')'
            )
            [(snapshot, taken_at)] = cursor.fetchall()
        yield Frozen(connection, snapshot, taken_at)
    except psycopg2.OperationalError as error:
        raise _lost(login.database, error) from error
    finally:
        if connection:
            connection.close()


def _lost(database: str, error: Exception) -> Failure:
    text = " ".join(str(error).split())
    if "does not exist" in text:
        return Failure(f"The database {database} does not exist", "Deploy the environment first")
    return Unreachable(f"The database {database} cannot be read: {text}", "Retry the run")


def row_counts(login: Login) -> dict[str, int]:
    """The number of rows of every table of a database, now."""
    with frozen(login) as now:
        return now.tables()


def check_rows(found: dict[str, int], expected: dict[str, int]) -> None:
    """The same tables with the same number of rows. Raises Failure naming the first difference."""
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            raise Failure(
                f"The table {name} has {found.get(name, 'no')} rows instead of "
                f"{expected.get(name, 'none')}",
                "This copy is not usable: take another backup",
            )


def write(folder: Path, facts: dict) -> str:
    """Write the manifest; gives its SHA-256."""
    data = json.dumps({"version": VERSION, **facts}, sort_keys=True, indent=1).encode()
    (folder / NAME).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def read(folder: Path) -> dict:
    """The manifest of a restored backup. Raises Failure."""
    try:
        facts = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(
            f"The backup has no readable manifest: {error}", "Choose another backup"
        ) from error
    if facts.get("version") != VERSION:
        raise Failure(
            f"The backup's manifest is of version {facts.get('version')}, not {VERSION}",
            "Restore it with the version of the platform that made it",
        )
    return facts


def summary(facts: dict, checksum: str) -> dict:
    """What a result tells of a manifest."""
    return {
        "server_version": facts["database"]["server_version"],
        "modules": len(facts["modules"]),
        "tables": len(facts["tables"]),
        "rows": sum(facts["tables"].values()),
        "checksum": checksum,
    }
