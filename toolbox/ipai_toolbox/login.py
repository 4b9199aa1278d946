"""One user in one database: the only way to PostgreSQL's own programs and to a connection."""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .outcome import Failure, Unreachable
from .process import Finished, capture
from .spec import FAULT

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

SECONDS = 300
CONNECT_SECONDS = 20
SCRAM_ROUNDS = 4096
AWAY = ("connection", "could not translate host", "starting up", "shutting down", "recovery")
# What a client says when it connects stands before what ALTER DATABASE and ALTER ROLE … SET say.
SETTINGS = {
    "client_min_messages": "warning",
    "lock_timeout": "60s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "default_transaction_read_only": "off",
    "standard_conforming_strings": "on",
}


@dataclass(frozen=True)
class Login:
    """A user of a server in one of its databases, its password in a file. It opens no other one.

    `role` is whom it acts as from its first moment on; RESET ROLE leads back there.
    """

    host: str
    port: int
    passfile: Path
    user: str
    database: str
    search_path: str = "public,pg_temp"
    role: str = ""
    seconds: int = SECONDS

    def rows(self, query: str) -> list[list[str]]:
        """The rows of a query as texts. Raises Failure."""
        done = self._psql(query)
        if not done.is_ok:
            raise self._failure(done)
        return [line.split("\x1f") for line in done.output.splitlines() if line]

    def value(self, query: str) -> str:
        rows = self.rows(query)
        return rows[0][0] if rows else ""

    def run(self, statements: str) -> None:
        """Run statements, each by itself. Raises Failure at the first that fails."""
        self.rows(statements)

    def attempt(self, statements: str) -> str:
        """Run statements that may fail; gives the server's complaint or an empty text."""
        done = self._psql(statements)
        return "" if done.is_ok else _complaint(done.errors)

    def _psql(self, text: str) -> Finished:
        words = ["--quiet", "--tuples-only", "--no-align", "--field-separator=\x1f"]
        command = [*self.psql(), *words]
        return capture(command, timeout_seconds=self.seconds, env=self.environment(), stdin=text)

    def psql(self) -> list[str]:
        """The command that reads statements from its input and ends at the first error."""
        return ["psql", "--no-psqlrc", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-"]

    def environment(self, **settings: str) -> dict[str, str]:
        """What PostgreSQL's own programs need in their environment to be this login."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "PGPASSFILE": str(self.passfile),
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": self.database,
            "PGCONNECT_TIMEOUT": str(CONNECT_SECONDS),
            "PGOPTIONS": self.options(**settings),
            "LC_ALL": "C.UTF-8",
        }

    def options(self, **settings: str) -> str:
        """The settings that count from the session's first moment on, as libpq wants them."""
        own = {**SETTINGS, "search_path": self.search_path, **settings}
        if self.role:
            own["role"] = self.role
        return " ".join(f"-c {name}={_word(value)}" for name, value in own.items())

    def connect(self) -> "Connection":
        """A psycopg2 connection, for work that has to stay in one transaction."""
        import psycopg2

        return psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            dbname=self.database,
            passfile=str(self.passfile),
            connect_timeout=CONNECT_SECONDS,
            options=self.options(),
        )

    def _failure(self, done: Finished) -> Failure:
        if done.timed_out:
            return Failure(
                f"The database server {self.host} did not answer in {self.seconds} seconds",
                "Retry the run",
            )
        complaint = _complaint(done.errors)
        lowered = complaint.lower()
        if "password authentication failed" in lowered:
            return Failure(
                f"The database server {self.host} refused the administrator's password",
                "Check the server's password secret in the platform's settings",
            )
        if done.exit_status == 2 and any(words in lowered for words in AWAY):
            return Unreachable(
                f"The database server {self.host} cannot be reached: {complaint}",
                "Check that it runs and is on the network of the jobs, then retry",
            )
        if "no space left on device" in lowered:
            return Failure(
                f"The disk of the database server {self.host} is full",
                "Free space there, then retry",
            )
        return Failure(
            f"The database server {self.host} refused: {complaint}",
            "Read the log, then retry the run",
        )


def write_passfile(folder: Path, password: str) -> Path:
    """The password as libpq reads it, for nobody else to read."""
    passfile = folder / "pgpass"
    passfile.touch(mode=0o600)
    passfile.write_text(f"*:*:*:*:{_escaped(password)}\n", encoding="utf-8")
    return passfile


def identifier(name: str) -> str:
    """The name quoted for SQL."""
    if not name or "\0" in name or len(name.encode()) > 63:
        raise Failure(f"'{name}' cannot be the name of a database or a role", FAULT)
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text quoted for SQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f" E'{escaped}'"


def literals(texts) -> str:
    """The texts quoted for SQL, as the inside of a list; NULL where there is none."""
    return ", ".join(literal(text) for text in texts) or "NULL"


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL stores for a password (RFC 5803): the password itself never travels."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ROUNDS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{_b64(salt)}${_b64(stored)}:{_b64(server)}"


def _word(value: str) -> str:
    """One word of PGOPTIONS."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")


def _complaint(errors: str) -> str:
    lines = [line for line in errors.splitlines() if line.strip()]
    chosen = next(
        (line for line in lines if "ERROR:" in line or "FATAL:" in line),
        lines[0] if lines else "no reason",
    )
    return chosen.partition("ERROR:")[2].strip() or chosen.removeprefix("psql: ").removeprefix(
        "error: "
    )
