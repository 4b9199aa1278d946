"""Measures what environments take of the disk: their files, and their database on the server."""

import os
from pathlib import Path

from ..job import Job
from ..outcome import Failure
from ..ownership import require_owned
from ..postgres import Server, literal, server_of
from ..spec import Spec

BLOCK = 512  # what st_blocks counts in (stat(2))


def run(job: Job) -> dict:
    """One environment that cannot be measured is told and left out; the others count."""
    found = {}
    environments = job.spec.part("environments")
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        for number, about in environments.items():
            try:
                found[number] = _measured(server, Spec(about))
            except Failure as failure:
                job.events.warning(f"Environment number {number}: {failure.cause}")
    return {"environments": found}


def _measured(server: Server, about: Spec) -> dict:
    database = about.text("database")
    size = 0
    if require_owned(server, [database], [about.text("role")]):
        size = int(server.value(f"SELECT pg_database_size({literal(database)})"))
    return {"files_bytes": used_bytes(Path(about.text("files"))), "database_bytes": size}


def used_bytes(folder: Path) -> int:
    """What the folder takes of the disk. A file with several names counts once; links are not followed."""
    seen: set[int] = set()
    total, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += _own_bytes(entry, seen, waiting)
        except FileNotFoundError:
            continue  # its owner has just removed it
    return total


def _own_bytes(entry: os.DirEntry, seen: set[int], waiting: list[str]) -> int:
    try:
        about = entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            waiting.append(entry.path)
    except FileNotFoundError:
        return 0
    if about.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
        if about.st_ino in seen:
            return 0
        seen.add(about.st_ino)
    return about.st_blocks * BLOCK
