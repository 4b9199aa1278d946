"""Runs SQL that somebody else wrote, as a login that may do nothing but fill one database.

psql is put into its restricted mode first: no backslash command of the script is obeyed. The login is no
superuser, so COPY … FROM PROGRAM, other databases and other roles are out of reach.
"""

import secrets
import subprocess
import threading
from collections.abc import Iterable
from typing import IO

from .dump import check
from .login import Login
from .outcome import Failure
from .plain_dump import PlainDump, refuse_commands
from .process import Finished, piped

SECONDS = 6 * 3600


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
    source, said = piped(process.stdin), piped(process.stderr)
    reader = threading.Thread(target=lambda: errors.append(said.read()), daemon=True)
    reader.start()
    try:
        wanted = _feed(source, lines)
        process.wait(timeout=SECONDS)
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
            raise refuse_commands() from failure
        raise


def _feed(source: IO[bytes], lines: Iterable[bytes]) -> set[str]:
    dump = PlainDump()
    try:
        source.write(b"\\restrict " + secrets.token_hex(24).encode() + b"\n")
        for line in dump.allowed(lines):
            source.write(line)
        source.close()
    except BrokenPipeError:
        pass  # psql has ended at an error, which it tells
    return dump.wanted
