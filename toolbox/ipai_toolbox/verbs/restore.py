"""Restores one backup into a new database and a new filestore, and compares both with its manifest."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from .. import manifest
from ..dump import check_files, extensions_of, read_dump
from ..extensions import require_offered
from ..filestore import census, check_contents
from ..folders import NewFolder, folder_of, made_like_parent
from ..job import Job
from ..manifest import check_rows, row_counts
from ..new_database import NewDatabase, new_database, size_of
from ..outcome import Failure
from ..postgres import Server, server_of
from ..restic import Repository, repository_of
from ..restic_causes import explain
from ..spec import FAULT
from ..stage import Steps, require_room, stage


@dataclass(frozen=True)
class Restore:
    """The parts of one restore."""

    job: Job
    server: Server
    repository: Repository
    database: NewDatabase
    folder: NewFolder


def run(job: Job) -> dict:
    started = time.monotonic()
    path = folder_of(job.spec.text("filestore"), job.spec.text("database"))
    made_like_parent(path.parent)
    with (
        server_of(job.spec.part("server"), job.places) as server,
        repository_of(job.spec.part("repository"), job.places) as repository,
        stage(path.parent, f"restore-{path.name}") as work,
    ):
        server.wait()
        database = new_database(job, server, path.name, job.spec.text("role"))
        restore = Restore(job, server, repository, database, NewFolder(path, database.mark))
        facts = _facts(restore, work) if database.is_made() else _restore(restore, work)
        restore.folder.finish()
        size = size_of(server, database.name)
    return {
        **_result(facts),
        "database_bytes": size,
        "seconds": round(time.monotonic() - started, 2),
    }


def _facts(restore: Restore, work: Path) -> dict:
    """The manifest alone: an earlier attempt has done the work."""
    _fetch(restore, work, "--include", f"/{manifest.NAME}")
    return manifest.read(work)


def _restore(restore: Restore, work: Path) -> dict:
    events, files = restore.job.events, restore.folder.begin()
    require_room(work, _stored_bytes(restore), "The restore")
    _fetch(restore, work)
    facts = manifest.read(work)
    events.progress(0.5, f"Comparing {facts['filestore']['files']} files with the manifest")
    check_files(work / "dump", facts["dump"])
    _check_filestore(work / "filestore", facts)
    events.progress(0.6, f"Loading {len(facts['tables'])} tables")
    _load(restore, work / "dump", facts)
    files.rmdir()
    (work / "filestore").rename(files)
    files.chmod(0o755)
    restore.folder.show()
    restore.database.finish()
    events.progress(1.0, f"Restored {restore.database.name} as of {facts['taken_at']}")
    return facts


def _load(restore: Restore, dump: Path, facts: dict) -> None:
    """The dump as a database, its rows counted again."""
    about, database = facts["database"], restore.database
    wanted = extensions_of(dump)
    require_offered(restore.server, wanted, "The backup")
    place = (about["encoding"], about["collate"], about["ctype"], about["unaccent"])
    database.create_empty(*place, wanted=wanted)
    with database.filling() as login:
        read_dump(login, dump, restore.job.events.debug)
        restore.job.events.progress(0.9, f"Counting {sum(facts['tables'].values())} rows")
        check_rows(row_counts(login), facts["tables"])


def _check_filestore(folder: Path, facts: dict) -> None:
    folder.mkdir(exist_ok=True)
    expected = {key: facts["filestore"][key] for key in ("files", "bytes", "entries")}
    found = census(folder).facts()
    if found != expected:
        raise Failure(
            f"The filestore has {found['files']} files of {found['bytes']} bytes; the manifest "
            f"tells of {expected['files']} files of {expected['bytes']} bytes",
            "This copy is not usable: take another backup",
        )
    check_contents(folder)


def _fetch(restore: Restore, work: Path, *more: str) -> None:
    """Bring the snapshot out of the repository. Raises Failure."""
    steps = Steps(restore.job.events, "Fetched", 0.0, 0.5)
    words = ["restore", _snapshot(restore), "--target", str(work), *more]
    done, _ = restore.repository.ask(*words, on_value=steps)
    if not done.is_ok:
        raise explain(done, "The disk where the files are restored")


def _stored_bytes(restore: Restore) -> int:
    """How large the snapshot is; 0 when nobody wrote that down."""
    [found] = restore.repository.said("snapshots", _snapshot(restore))[0] or [{}]
    return (found.get("summary") or {}).get("total_bytes_processed", 0)


def _snapshot(restore: Restore) -> str:
    name = restore.job.spec.text("snapshot")
    if not re.fullmatch(r"[0-9a-f]{8,64}", name):
        raise Failure(f"'{name}' does not name a backup", FAULT)
    return name


def _result(facts: dict) -> dict:
    return {
        "taken_at": facts["taken_at"],
        "filestore_files": facts["filestore"]["files"],
        "filestore_bytes": facts["filestore"]["bytes"],
        "missing_files": facts["filestore"]["missing"],
        "modules": facts["modules"],
        "app": facts["app"],
    }
