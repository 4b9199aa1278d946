"""Writes a database into a folder and reads it back, by PostgreSQL's own programs."""

import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .outcome import Failure, Unreachable
from .postgres import AWAY, Server
from .process import Finished, stream

SECONDS = 6 * 3600
JOBS = "2"


def write_dump(
    server: Server, database: str, snapshot: str, folder: Path, say, on_idle=None
) -> None:
    """Dump what the exported snapshot sees, uncompressed so that equal parts are found again.

    `on_idle()` is called twice a second meanwhile, and may end it by raising.
    """
    command = ["pg_dump", "--no-password", "--format=directory", f"--jobs={JOBS}", "--compress=0"]
    command += ["--no-sync", f"--snapshot={snapshot}", f"--file={folder}"]
    check(_run(server, database, command, say, on_idle), "dumped", server)


def read_dump(server: Server, database: str, folder: Path, say) -> None:
    """Load a dump into an empty database; the first error ends it."""
    command = ["pg_restore", "--no-password", "--exit-on-error", "--no-owner", "--no-acl"]
    command += [f"--jobs={JOBS}", f"--dbname={database}", str(folder)]
    check(_run(server, database, command, say), "loaded", server)


def files_of(folder: Path) -> dict[str, dict]:
    """Size and SHA-256 of each file of a dump."""
    paths = sorted(folder.iterdir())
    with ThreadPoolExecutor(int(JOBS)) as pool:
        return {
            path.name: facts for path, facts in zip(paths, pool.map(_facts, paths), strict=True)
        }


def date_by_content(folder: Path, files: dict[str, dict]) -> None:
    """Give each file of a dump a time that its content alone says, 60 bits of its SHA-256.

    restic takes a file whose name, size and time are those of the last backup for the same one: it
    reads only what has changed, and a table without a change has the same file in each dump.
    """
    for name, facts in files.items():
        number = int(facts["sha256"][:16], 16)
        moment = (number >> 33) * 10**9 + (number & 0x1FFFFFFF)
        os.utime(folder / name, ns=(moment, moment))


def check_files(folder: Path, expected: dict[str, dict]) -> None:
    """The dump is the one of the manifest, byte by byte. Raises Failure."""
    found = files_of(folder)
    wrong = [name for name in sorted({*found, *expected}) if found.get(name) != expected.get(name)]
    if wrong:
        raise Failure(
            f"The dump's file {wrong[0]} is not the one that was backed up",
            "Take another backup, and check the disk of the repository",
        )


def _facts(path: Path) -> dict:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def _run(server: Server, database: str, command: list[str], say, on_idle=None) -> Finished:
    environment = {**server.environment(database), "PGOPTIONS": "-c statement_timeout=0"}
    return stream(command, say, timeout_seconds=SECONDS, env=environment, on_idle=on_idle)


def check(done: Finished, what: str, server: Server) -> None:
    """Nothing when the program ended well. Raises Failure with its first complaint."""
    if done.is_ok:
        return
    if done.timed_out:
        raise Failure(f"The database was not {what} in {SECONDS // 3600} hours", "Retry the run")
    telling = ("error:", "ERROR:", "FATAL:")
    lines = done.output.splitlines()
    errors = [line for line in lines if any(word in line for word in telling)]
    reason = re.split("error:|ERROR:|FATAL:", (errors or lines or ["no reason"])[0])[-1].strip()
    lowered = done.output.lower()
    if "no space left on device" in lowered or "could not extend file" in lowered:
        raise _full(done, server)
    kind = Unreachable if any(words in lowered for words in AWAY) else Failure
    raise kind(
        f"The database could not be {what}: {reason[:300]}",
        "Read the log, then retry the run",
    )


def _full(done: Finished, server: Server) -> Failure:
    """pg_dump writes on the job's side, everything else on the server's."""
    if os.path.basename(done.command[0]) == "pg_dump" and "query failed" not in done.output:
        where = "where the environment's files are"
    else:
        where = f"of the database server {server.host}"
    return Failure(f"The disk {where} is full", "Free space there, then retry the run")
