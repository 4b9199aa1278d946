"""Runs SQL that somebody else wrote, as a login that may do nothing but fill one database.

psql is put into its restricted mode first: no backslash command of the script is obeyed. The login is no
superuser, so COPY … FROM PROGRAM, other databases and other roles are out of reach.
"""

import os
import re
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .dump import check
from .outcome import Failure
from .postgres import Server, identifier, literal, scram_verifier
from .process import Finished

SECONDS = 6 * 3600
SKIPPED = re.compile(
    rb"^(\\(un)?restrict [0-9A-Za-z]+$|COMMENT ON EXTENSION |CREATE EXTENSION |ALTER .* OWNER TO |"
    rb"SET transaction_timeout|SET default_table_access_method|GRANT |REVOKE |ALTER DEFAULT PRIVILEGES )"
)
EXTENSION = re.compile(rb"^CREATE EXTENSION (?:IF NOT EXISTS )?\"?([a-z_0-9]+)")


@contextmanager
def filler(server: Server, database: str) -> Iterator[Server]:
    """The server seen by a login that owns this one database and nothing else; gone afterwards."""
    role, password = filler_role(database), secrets.token_urlsafe(24)
    drop_filler(server, database)
    verifier = scram_verifier(password, os.urandom(16))
    limits = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    server.run(
        f"CREATE ROLE {identifier(role)} {limits} PASSWORD {literal(verifier)};\n"
        f"ALTER DATABASE {identifier(database)} OWNER TO {identifier(role)}"
    )
    with tempfile.TemporaryDirectory(prefix="ipai-fill-") as folder:
        passfile = Path(folder) / "pgpass"
        passfile.touch(mode=0o600)
        passfile.write_text(f"*:*:*:*:{password}\n", encoding="utf-8")
        try:
            yield Server(server.host, server.port, passfile, role)
        finally:
            _give_up(server, database, role)


def _give_up(server: Server, database: str, role: str) -> None:
    """Everything the login made is the administrator's, then the login goes."""
    if server.exists(database):
        server.run(
            f"ALTER DATABASE {identifier(database)} OWNER TO CURRENT_USER;\n"
            f"REASSIGN OWNED BY {identifier(role)} TO CURRENT_USER;\n"
            f"DROP OWNED BY {identifier(role)}",
            database,
        )
    drop_filler(server, database)


def filler_role(database: str) -> str:
    return f"{database[:50]}_fill"


def drop_filler(server: Server, database: str) -> None:
    """Of an attempt that was killed, too: its database is dropped before."""
    server.attempt(f"DROP ROLE IF EXISTS {identifier(filler_role(database))}")


def extensions_in(line: bytes) -> str:
    found = EXTENSION.match(line)
    return found.group(1).decode() if found else ""


def run_script(server: Server, database: str, lines: Iterable[bytes]) -> set[str]:
    """Feed a script to psql; gives the extensions it wanted. Raises Failure at its first error."""
    command = ["psql", "--no-psqlrc", "--no-password", "--quiet", "--set=ON_ERROR_STOP=1"]
    command += ["--file=-", f"--dbname={database}"]
    environment = {**server.environment(database), "PGOPTIONS": "-c client_min_messages=error"}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )
    limit = threading.Timer(SECONDS, process.kill)
    limit.start()
    errors: list[bytes] = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)
    reader.start()
    try:
        wanted = _feed(process, lines)
    finally:
        limit.cancel()
        if process.poll() is None:
            process.kill()
        reader.join()
    text = b"".join(errors).decode("utf-8", "replace")
    _check(Finished(tuple(command), process.returncode, text), server)
    return wanted


def _check(done: Finished, server: Server) -> None:
    try:
        check(done, "filled", server)
    except Failure as failure:
        if "backslash commands are restricted" in done.output:
            raise Failure(
                "The archive is refused: its dump.sql holds commands for psql",
                "Nothing was changed; use an archive that Odoo itself has made",
            ) from failure
        raise


def _feed(process: subprocess.Popen, lines: Iterable[bytes]) -> set[str]:
    wanted: set[str] = set()
    try:
        process.stdin.write(b"\\restrict " + secrets.token_hex(24).encode() + b"\n")
        for line in _allowed(lines, wanted):
            process.stdin.write(line)
        process.stdin.close()
    except BrokenPipeError:
        pass  # psql has ended at an error, which it tells
    process.wait(timeout=SECONDS)
    return wanted


def _allowed(lines: Iterable[bytes], wanted: set[str]) -> Iterator[bytes]:
    """The lines of a dump without those that only the administrator could run; data goes untouched."""
    in_data = False
    for line in lines:
        if in_data:
            in_data = line.rstrip(b"\r\n") != b"\\."
        elif line.startswith(b"COPY ") and line.rstrip().endswith(b"FROM stdin;"):
            in_data = True
        elif SKIPPED.match(line):
            wanted.add(extensions_in(line))
            continue
        yield line
    wanted.discard("")
