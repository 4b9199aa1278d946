"""Writes a database into a folder and reads it back, by PostgreSQL's own programs."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import extensions
from .file_digest import file_digest
from .login import AWAY, Login
from .outcome import Failure, Unreachable
from .process import Finished, capture, stream

SECONDS = 6 * 3600
JOBS = "2"
LIST_SECONDS = 300
ENTRY = re.compile(r"^\d+; \d+ \d+ (?:(COMMENT) - EXTENSION|EXTENSION - (\S+))")


def write_dump(login: Login, snapshot: str, folder: Path, say, on_idle=None) -> None:
    """Dump what the exported snapshot sees, uncompressed so that equal parts are found again.

    `on_idle()` is called twice a second meanwhile, and may end it by raising.
    """
    command = ["pg_dump", "--no-password", "--format=directory", f"--jobs={JOBS}", "--compress=0"]
    command += ["--no-sync", f"--snapshot={snapshot}", f"--file={folder}"]
    check(_run(login, command, say, on_idle), "dumped", login.host)


def read_dump(login: Login, folder: Path, say) -> None:
    """Load a dump into an empty database, without the extensions it has already; the first error ends it."""
    wanted = folder.with_name(f"{folder.name}.list")
    wanted.write_text("\n".join(_without_extensions(folder)) + "\n", encoding="utf-8")
    command = ["pg_restore", "--no-password", "--exit-on-error", "--no-owner", "--no-acl"]
    command += [f"--jobs={JOBS}", f"--use-list={wanted}", f"--dbname={login.database}", str(folder)]
    check(_run(login, command, say), "loaded", login.host)


def extensions_of(folder: Path) -> set[str]:
    """The extensions that a dump has in a schema that every database has."""
    entries = (ENTRY.match(line) for line in _asked("--list", str(folder)))
    listed = {found.group(2) for found in entries if found and found.group(2)}
    if not listed:
        return set()
    made = _asked("--file=-", "--section=pre-data", str(folder))
    return listed & {extensions.named_in(line) for line in made}


def _without_extensions(folder: Path) -> list[str]:
    known = extensions_of(folder)
    return [line for line in _asked("--list", str(folder)) if not _is_of_extension(line, known)]


def _is_of_extension(line: str, known: set[str]) -> bool:
    """What is said of an extension is its own; it is made by its name, before the dump is read."""
    found = ENTRY.match(line)
    return found is not None and (found.group(1) == "COMMENT" or found.group(2) in known)


def _asked(*words: str) -> list[str]:
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    done = capture(["pg_restore", *words], timeout_seconds=LIST_SECONDS, env=environment)
    if not done.is_ok:
        raise Failure(
            f"The dump cannot be read: {done.errors.strip()[:300]}", "Take another backup"
        )
    return done.output.splitlines()


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
    return {"bytes": path.stat().st_size, "sha256": file_digest(path, "sha256")}


def _run(login: Login, command: list[str], say, on_idle=None) -> Finished:
    environment = login.environment(lock_timeout="0")
    return stream(command, say, timeout_seconds=SECONDS, env=environment, on_idle=on_idle)


def check(done: Finished, what: str, host: str) -> None:
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
        raise _full(done, host)
    kind = Unreachable if any(words in lowered for words in AWAY) else Failure
    raise kind(
        f"The database could not be {what}: {reason[:300]}",
        "Read the log, then retry the run",
    )


def _full(done: Finished, host: str) -> Failure:
    """pg_dump writes on the job's side, everything else on the server's."""
    if os.path.basename(done.command[0]) == "pg_dump" and "query failed" not in done.output:
        where = "where the environment's files are"
    else:
        where = f"of the database server {host}"
    return Failure(f"The disk {where} is full", "Free space there, then retry the run")
