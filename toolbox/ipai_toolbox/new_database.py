"""A database that appears under its name only when it is whole."""

import hashlib
from dataclasses import dataclass

from .job import Job
from .outcome import Failure
from .ownership import closed, give
from .postgres import Server, identifier, literal
from .sessions import cleared, end_statements_about

LONGEST_STEM = 48
CHEAPLY = """SELECT set_config('file_copy_method', 'clone', false)
WHERE current_setting('server_version_num')::int >= 180000"""
TRUSTED = """CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public"""
UNACCENT = """CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public;
ALTER FUNCTION public.unaccent(text) IMMUTABLE"""


def partial_name(name: str) -> str:
    """Under which name a database is made; what is found under it belongs to nobody else."""
    return f"{name[:LONGEST_STEM]}_{hashlib.sha256(name.encode()).hexdigest()[:6]}_new"


@dataclass(frozen=True)
class NewDatabase:
    """The making of one database by one step of one run, as often as it is started."""

    server: Server
    name: str
    mark: str

    @property
    def partial(self) -> str:
        return partial_name(self.name)

    def is_made(self) -> bool:
        """True when an earlier attempt of this step has made it. Raises Failure when others did."""
        end_statements_about(self.server, self.partial)
        if not self.server.exists(self.name):
            return False
        if comment_of(self.server, self.name) == self.mark:
            return True
        raise Failure(
            f"There is already a database with the name {self.name}",
            "Nothing was changed; drop or rename that database first",
        )

    def clear(self) -> None:
        """Remove what an attempt that was killed has left."""
        if self.server.exists(self.partial):
            self.server.run(
                f"ALTER DATABASE {identifier(self.partial)} IS_TEMPLATE false;\n"
                f"DROP DATABASE {identifier(self.partial)} WITH (FORCE)"
            )

    def create_empty(self, encoding="UTF8", collate="C", ctype="C", unaccent=False) -> None:
        """An empty database with the extensions that Odoo itself adds. Raises Failure."""
        self.clear()
        self.server.run(
            f"CREATE DATABASE {identifier(self.partial)} TEMPLATE template0 "
            f"ENCODING {literal(encoding)} LC_COLLATE {literal(collate)} LC_CTYPE {literal(ctype)}"
        )
        self.server.run(closed(self.partial))
        for statements in (TRUSTED, UNACCENT) if unaccent else (TRUSTED,):
            self.server.attempt(statements, self.partial)

    def copy_from(self, source: str) -> None:
        """A copy of another database of this server; its sessions are sent away meanwhile."""
        self.clear()
        names = f"{identifier(self.partial)} TEMPLATE {identifier(source)}"
        with cleared(self.server, source):
            self.server.run(
                f"{CHEAPLY};\nCREATE DATABASE {names} STRATEGY FILE_COPY;\n{closed(self.partial)}"
            )

    def finish(self, role: str = "") -> None:
        """Hand it over under its final name; this one moment makes it real."""
        if role:
            give(self.server, self.partial, role)
        with cleared(self.server, self.partial):
            self.server.run(
                f"COMMENT ON DATABASE {identifier(self.partial)} IS {literal(self.mark)};\n"
                f"ALTER DATABASE {identifier(self.partial)} RENAME TO {identifier(self.name)}"
            )


def new_database(job: Job, server: Server, name: str) -> NewDatabase:
    """The database this step makes; attempts of the same step know their work by its comment."""
    return NewDatabase(server, name, f"ipai: made by {job.spec.step} of run {job.spec.run}")


def comment_of(server: Server, database: str) -> str:
    return server.value(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
        f"WHERE datname = {literal(database)}"
    )


def size_of(server: Server, database: str) -> int:
    return int(server.value(f"SELECT pg_database_size({literal(database)})"))
