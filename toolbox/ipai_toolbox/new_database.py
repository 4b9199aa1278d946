"""A database that appears under its name only when it is whole."""

import hashlib
from dataclasses import dataclass

from .job import Job
from .outcome import Failure
from .ownership import closed, database_given, objects_given
from .postgres import Server, identifier, literal
from .sessions import STRAGGLERS_SECONDS, cleared, ended_statements_about, sent_away

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

    def is_made(self, source: str = "") -> bool:
        """True when an earlier attempt of this step has made it.

        Raises Failure when others did, or when the database to copy, if one is named, is no more.
        """
        names = ", ".join(literal(name) for name in (self.name, source))
        _, *found = self.server.rows(
            f"{ended_statements_about(self.partial)};\n"
            "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') = "
            f"{literal(self.mark)} FROM pg_database WHERE datname IN ({names})"
        )
        is_ours = dict(found)
        if self.name not in is_ours:
            if source and source not in is_ours:
                raise Failure(
                    f"The snapshot {source} is no more", "Choose or make a newer snapshot"
                )
            return False
        if is_ours[self.name] == "t":
            return True
        raise Failure(
            f"There is already a database with the name {self.name}",
            "Nothing was changed; drop or rename that database first",
        )

    def clear(self) -> None:
        """Remove what an attempt that was killed has left."""
        self.server.run(self._cleared())

    def _cleared(self) -> str:
        partial = identifier(self.partial)
        alter = f"ALTER DATABASE {partial} IS_TEMPLATE false"
        return (
            f"SELECT {literal(alter)} FROM pg_database WHERE datname = {literal(self.partial)} \\gexec\n"
            f"DROP DATABASE IF EXISTS {partial} WITH (FORCE);"
        )

    def create_empty(self, encoding="UTF8", collate="C", ctype="C", unaccent=False) -> None:
        """An empty database with the extensions that Odoo itself adds. Raises Failure."""
        self.server.run(
            f"{self._cleared()}\nCREATE DATABASE {identifier(self.partial)} TEMPLATE template0 "
            f"ENCODING {literal(encoding)} LC_COLLATE {literal(collate)} LC_CTYPE {literal(ctype)};\n"
            f"{closed(self.partial)}"
        )
        for statements in (TRUSTED, UNACCENT) if unaccent else (TRUSTED,):
            self.server.attempt(statements, self.partial)

    def copy_from(self, source: str) -> None:
        """A copy of another database of this server; its sessions are sent away meanwhile."""
        names = f"{identifier(self.partial)} TEMPLATE {identifier(source)}"
        with cleared(self.server, source, pause=STRAGGLERS_SECONDS):
            self.server.run(
                f"{self._cleared()}\n{CHEAPLY};\n{sent_away(source)};\n"
                f"CREATE DATABASE {names} STRATEGY FILE_COPY;\n{closed(self.partial)}"
            )

    def finish(self, role: str = "", inside: str = "") -> int:
        """Hand it over under its final name; this one moment makes it real. Gives its bytes.

        `inside` are statements to run in the database before.
        """
        partial, given = identifier(self.partial), ""
        if role:
            inside, given = f"{inside}\n{objects_given(role)}", database_given(self.partial, role)
        if inside:
            self.server.run(inside, self.partial)
        with cleared(self.server, self.partial, pause=STRAGGLERS_SECONDS):
            _, (size,) = self.server.rows(
                f"{given}\n{sent_away(self.partial)};\n"
                f"COMMENT ON DATABASE {partial} IS {literal(self.mark)};\n"
                f"ALTER DATABASE {partial} RENAME TO {identifier(self.name)};\n"
                f"SELECT pg_database_size({literal(self.name)})"
            )
        return int(size)


def new_database(job: Job, server: Server, name: str) -> NewDatabase:
    """The database this step makes; attempts of the same step know their work by its comment."""
    return NewDatabase(server, name, f"ipai: made by {job.spec.step} of run {job.spec.run}")


def size_of(server: Server, database: str) -> int:
    return int(server.value(f"SELECT pg_database_size({literal(database)})"))
