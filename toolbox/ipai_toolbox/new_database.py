"""A database that appears under its name only when it is whole."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from . import extensions
from .job import Job
from .login import Login
from .outcome import Failure
from .ownership import closed, database_given, require_owned
from .postgres import BEGUN, Server, identifier, literal
from .sessions import STRAGGLERS_SECONDS, cleared, ended_statements_about, sent_away
from .tenant import filling, forgotten, require_ordinary

LONGEST_STEM = 48
CHEAPLY = """SELECT set_config('file_copy_method', 'clone', false)
WHERE current_setting('server_version_num')::int >= 180000"""


def partial_name(name: str) -> str:
    """Under which name a database is made; what is found under it belongs to nobody else."""
    return f"{name[:LONGEST_STEM]}_{hashlib.sha256(name.encode()).hexdigest()[:6]}_new"


@dataclass(frozen=True)
class NewDatabase:
    """The making of one database of a role by one step of one run, as often as it is started."""

    server: Server
    name: str
    mark: str
    role: str

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
            require_owned(self.server, [self.name], [self.role])
            return True
        raise Failure(
            f"There is already a database with the name {self.name}",
            "Nothing was changed; drop or rename that database first",
        )

    def clear(self) -> None:
        """Remove what an attempt that was killed has left. Raises Failure when it is somebody else's."""
        require_owned(self.server, [self.partial], [self.role])
        self.server.run(self._cleared())

    def _cleared(self) -> str:
        partial = identifier(self.partial)
        alter = f"ALTER DATABASE {partial} IS_TEMPLATE false"
        return (
            f"SELECT {literal(alter)} FROM pg_database WHERE datname = {literal(self.partial)} \\gexec\n"
            f"DROP DATABASE IF EXISTS {partial} WITH (FORCE);\n{forgotten()}"
        )

    def create_empty(
        self,
        encoding="UTF8",
        collate="C",
        ctype="",
        unaccent=False,
        wanted: Iterable[str] = (),
    ) -> None:
        """An empty database with the extensions that Odoo itself adds, and those that are wanted.

        It is the administrator's until the extensions are there. Raises Failure.
        """
        self.clear()
        begin_empty(self.server, self.partial, self.role, encoding, collate, ctype)
        extensions.make(self.server, self.partial, wanted, unaccent)

    @contextmanager
    def filling(self) -> Iterator[Login]:
        """A login that fills the new database and can do nothing else; the role's is what it made."""
        with filling(self.server, self.partial, self.role) as login:
            yield login

    def copy_from(self, source: str) -> None:
        """A copy of another database of this server; its sessions are sent away meanwhile."""
        self.clear()
        partial, role = identifier(self.partial), identifier(self.role)
        names = f"{partial} OWNER {role} TEMPLATE {identifier(source)}"
        with cleared(self.server, source, pause=STRAGGLERS_SECONDS):
            self.server.run(
                f"{CHEAPLY};\n{sent_away(source)};\n"
                f"CREATE DATABASE {names} STRATEGY FILE_COPY;\n{closed(self.partial)}"
            )

    def finish(self) -> int:
        """Hand it over under its final name; this one moment makes it real. Gives its bytes."""
        partial, given = identifier(self.partial), database_given(self.partial, self.role)
        require_owned(self.server, [self.partial], [self.role])
        with cleared(self.server, self.partial, pause=STRAGGLERS_SECONDS):
            *_, (size,) = self.server.rows(
                f"{given}\n{sent_away(self.partial)};\n"
                f"COMMENT ON DATABASE {partial} IS {literal(self.mark)};\n"
                f"ALTER DATABASE {partial} RENAME TO {identifier(self.name)};\n"
                f"SELECT pg_database_size({literal(self.name)})"
            )
        return int(size)


def begin_empty(server: Server, name: str, role: str, encoding: str, collate: str, ctype: str):
    """A database of the administrator's own, closed to everyone, that says for whom it is begun."""
    new, types = identifier(name), f"LC_CTYPE {literal(ctype)}" if ctype else ""
    server.run(
        f"CREATE DATABASE {new} TEMPLATE template0 ALLOW_CONNECTIONS false "
        f"ENCODING {literal(encoding)} LC_COLLATE {literal(collate)} {types};\n"
        f"COMMENT ON DATABASE {new} IS {literal(BEGUN + role)};\n{closed(name)};\n"
        f"ALTER DATABASE {new} ALLOW_CONNECTIONS true"
    )


def new_database(job: Job, server: Server, name: str, role: str) -> NewDatabase:
    """The database this step makes; attempts of the same step know their work by its comment."""
    require_ordinary(server, role)
    return NewDatabase(server, name, f"ipai: made by {job.spec.step} of run {job.spec.run}", role)


def size_of(server: Server, database: str) -> int:
    return int(server.value(f"SELECT pg_database_size({literal(database)})"))
