"""The PostgreSQL server seen by its administrator, who never enters a database of a tenant.

The administrator is a superuser, and a database runs its owner's code at every turn: functions found by
its search_path, triggers, defaults, indexes, policies, operators. So the administrator connects to the
database `postgres` alone, to make, rename and drop databases and logins. Work inside a tenant's database
is done by a login that is neither a superuser nor a member of one (tenant.py).
"""

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .login import (
    AWAY,
    Login,
    identifier,
    literal,
    literals,
    scram_verifier,
    write_passfile,
)
from .outcome import Failure
from .patience import DATABASE_SECONDS, patiently
from .places import Places
from .spec import FAULT

__all__ = ["AWAY", "NEW_MARK", "Server", "identifier", "literal", "literals", "scram_verifier"]

ADMIN = "postgres"
HOME = "postgres"
SAFE_PATH = "pg_catalog,pg_temp"
NEW_MARK = "ipai: new"
BEGUN = "ipai: begun for "
JOB_LOGIN, MADE_FOR = "ipai_job_", "ipai: login for "
IS_FRESH = """SELECT d.datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)
  AND starts_with(coalesce(shobj_description(d.oid, 'pg_database'), ''), {begun})
  AND NOT has_database_privilege('public', d.oid, 'CONNECT')
  AND NOT EXISTS (SELECT FROM pg_shdepend s WHERE s.dbid = d.oid)
  AND NOT EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setdatabase = d.oid)
FROM pg_database d WHERE d.datname = {name}"""


@dataclass(frozen=True)
class Server:
    """One database server and the file that holds its administrator's password."""

    host: str
    port: int
    passfile: Path
    user: str = ADMIN

    @property
    def _home(self) -> Login:
        return self._administrator(HOME)

    def _administrator(self, database: str) -> Login:
        return Login(self.host, self.port, self.passfile, self.user, database, SAFE_PATH)

    def rows(self, query: str) -> list[list[str]]:
        """The rows of a query as texts. Raises Failure."""
        return self._home.rows(query)

    def wait(self) -> None:
        """Return when the server answers; it may be starting after a crash. Raises Failure."""
        patiently(lambda: self.value("SELECT 1"), DATABASE_SECONDS)

    def value(self, query: str) -> str:
        return self._home.value(query)

    def run(self, statements: str) -> None:
        """Run statements, each by itself. Raises Failure at the first that fails."""
        self._home.run(statements)

    def attempt(self, statements: str) -> str:
        """Run statements that may fail; gives the server's complaint or an empty text."""
        return self._home.attempt(statements)

    def connect(self):
        """A psycopg2 connection, for work that has to stay in one transaction."""
        return self._home.connect()

    def exists(self, database: str) -> bool:
        return bool(self.value(f"SELECT 1 FROM pg_database WHERE datname = {literal(database)}"))

    def run_in_new(self, database: str, statements: str) -> str:
        """Run statements in a database that was just made and holds nothing of a tenant yet.

        That it is such a one is asked first. Gives the server's complaint or an empty text.
        """
        asked = IS_FRESH.format(name=literal(database), begun=literal(BEGUN))
        if self.value(asked) != "t":
            raise Failure(f"The database {database} is not a new and empty one", FAULT)
        return self._administrator(database).attempt(statements)


@contextmanager
def server_of(spec_part: dict, places: Places):
    """The server that a job's specification names, ready for its administrator."""
    password = places.secret("postgres-admin")
    if not password:
        raise Failure("The job has no password of the database server's administrator", FAULT)
    host, port = spec_part.get("host"), spec_part.get("port") or 5432
    if not isinstance(host, str) or not host:
        raise Failure("The job's specification names no database server", FAULT)
    with tempfile.TemporaryDirectory(prefix="ipai-pg-") as folder:
        yield Server(host, int(port), write_passfile(Path(folder), password))
