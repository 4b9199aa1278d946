"""Runs SQL that somebody else wrote, as a login that may do nothing but fill one database.

psql is put into its restricted mode first: no backslash command of the script is obeyed. The login is no
superuser, so COPY … FROM PROGRAM, other databases and other roles are out of reach.
"""

import re
import secrets
import subprocess
import threading
from collections.abc import Iterable, Iterator

from . import extensions
from .dump import check
from .login import Login
from .outcome import Failure
from .process import Finished
from .sql_lines import Script

SECONDS = 6 * 3600
SKIPPED = re.compile(
    rb"^(\\(un)?restrict [0-9A-Za-z]+$|COMMENT ON EXTENSION |ALTER .* OWNER TO |"
    rb"SET transaction_timeout|SET default_table_access_method|GRANT |REVOKE |ALTER DEFAULT PRIVILEGES )"
)


def run_script(login: Login, lines: Iterable[bytes]) -> set[str]:
    """Feed a script to psql; gives the extensions it wanted. Raises Failure at its first error."""
    command = [*login.psql(), "--quiet"]
    environment = login.environment(client_min_messages="error", lock_timeout="0")
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
    _check(Finished(tuple(command), process.returncode, text), login.host)
    return wanted


def _check(done: Finished, host: str) -> None:
    try:
        check(done, "filled", host)
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
    """The lines of a dump without those that only the administrator could run.

    Data goes untouched, and so does what is a part of a longer statement: a text, a function's body.
    """
    in_data, script = False, Script()
    for line in lines:
        if in_data:
            in_data = line.rstrip(b"\r\n") != b"\\."
            yield line
            continue
        if not script.is_between:
            script.read(line)
            yield line
            continue
        if line.startswith(b"COPY ") and line.rstrip().endswith(b"FROM stdin;"):
            in_data = True
        elif line.startswith(b"CREATE EXTENSION "):
            name = extensions.named_in(line.decode("utf-8", "replace"))
            wanted.add(name)
            if name:
                continue  # made before, where the server offers it
        elif SKIPPED.match(line):
            continue
        script.read(line)
        yield line
    wanted.discard("")
