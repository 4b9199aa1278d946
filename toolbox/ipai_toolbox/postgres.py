"""The PostgreSQL server seen by its administrator, through psql. No password in a command or a log."""

import base64
import hashlib
import hmac
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .outcome import Failure, Unreachable
from .patience import DATABASE_SECONDS, patiently
from .places import Places
from .process import Finished, capture
from .spec import FAULT

ADMIN = "postgres"
SECONDS = 300
CONNECT_SECONDS = 20
SCRAM_ROUNDS = 4096
NEW_MARK = "ipai: new"
AWAY = ("connection", "could not translate host", "starting up", "shutting down", "recovery")


@dataclass(frozen=True)
class Server:
    """One database server and the file that holds its administrator's password."""

    host: str
    port: int
    passfile: Path
    user: str = ADMIN
    seconds: int = SECONDS

    def rows(self, query: str, database: str = "postgres") -> list[list[str]]:
        """The rows of a query as texts. Raises Failure."""
        done = self._psql(query, database)
        if not done.is_ok:
            raise self._failure(done)
        return [line.split("\x1f") for line in done.output.splitlines() if line]

    def wait(self) -> None:
        """Return when the server answers; it may be starting after a crash. Raises Failure."""
        patiently(lambda: self.value("SELECT 1"), DATABASE_SECONDS)

    def value(self, query: str, database: str = "postgres") -> str:
        rows = self.rows(query, database)
        return rows[0][0] if rows else ""

    def run(self, statements: str, database: str = "postgres") -> None:
        """Run statements, each by itself. Raises Failure at the first that fails."""
        self.rows(statements, database)

    def attempt(self, statements: str, database: str = "postgres") -> str:
        """Run statements that may fail; gives the server's complaint or an empty text."""
        done = self._psql(statements, database)
        return "" if done.is_ok else _complaint(done.errors)

    def _psql(self, text: str, database: str) -> Finished:
        command = [
            "psql",
            "--no-psqlrc",
            "--no-password",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--field-separator=\x1f",
            "--set=ON_ERROR_STOP=1",
            "--file=-",
        ]
        seconds = self.seconds
        return capture(command, timeout_seconds=seconds, env=self.environment(database), stdin=text)

    def environment(self, database: str) -> dict[str, str]:
        """What PostgreSQL's own programs need in their environment to reach a database here."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "PGPASSFILE": str(self.passfile),
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": database,
            "PGCONNECT_TIMEOUT": str(CONNECT_SECONDS),
            "PGOPTIONS": "-c client_min_messages=warning -c lock_timeout=60s",
            "LC_ALL": "C.UTF-8",
        }

    def connect(self, database: str):
        """A psycopg2 connection, for work that has to stay in one transaction."""
        import psycopg2

        return psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            dbname=database,
            passfile=str(self.passfile),
            connect_timeout=CONNECT_SECONDS,
        )

    def exists(self, database: str) -> bool:
        return bool(self.value(f"SELECT 1 FROM pg_database WHERE datname = {literal(database)}"))

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
        passfile = Path(folder) / "pgpass"
        passfile.touch(mode=0o600)
        passfile.write_text(f"*:*:*:*:{_escaped(password)}\n", encoding="utf-8")
        yield Server(host, int(port), passfile)


def identifier(name: str) -> str:
    """The name quoted for SQL."""
    if not name or "\0" in name or len(name.encode()) > 63:
        raise Failure(f"'{name}' cannot be the name of a database or a role", FAULT)
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text quoted for SQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f" E'{escaped}'"


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL stores for a password (RFC 5803): the password itself never travels."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ROUNDS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{_b64(salt)}${_b64(stored)}:{_b64(server)}"


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
