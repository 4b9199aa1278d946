"""Backs up database and filestore of an environment into its restic repository, whole or not at all."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .. import manifest
from ..dump import date_by_content, files_of, write_dump
from ..filestore import census
from ..folders import link_tree
from ..job import Job
from ..login import Login
from ..manifest import Frozen, frozen
from ..outcome import Failure
from ..ownership import require_owned
from ..postgres import Server, server_of
from ..process import Finished
from ..restic import Repository, repository_of
from ..restic_causes import explain
from ..spec import FAULT
from ..stage import Steps, require_room, stage
from ..tenant import as_itself, tenant

DATA = "/var/lib/odoo"


@dataclass(frozen=True)
class Backup:
    """The parts of one backup."""

    job: Job
    server: Server
    repository: Repository
    stage: Path

    @property
    def database(self) -> str:
        return self.job.spec.text("database")

    @property
    def filestore(self) -> Path:
        return self.stage.parent / "filestore" / self.database


def run(job: Job) -> dict:
    started = time.monotonic()
    data = Path(job.spec.maybe_text("data") or DATA)
    with (
        server_of(job.spec.part("server"), job.places) as server,
        repository_of(job.spec.part("repository"), job.places) as repository,
        stage(data, "backup") as folder,
    ):
        backup = Backup(job, server, repository, folder)
        with ThreadPoolExecutor(max_workers=1) as beside:  # the key is derived meanwhile
            opening = beside.submit(repository.opened, *_tags(backup))
            server.wait()
            is_retry = job.spec.attempt > 1  # only then it may be that nothing is to do
            result = _found(backup, opening) if is_retry else None
            result = result or _new(backup, None if is_retry else opening)
    return {**result, "seconds": round(time.monotonic() - started, 2)}


def _found(backup: Backup, opening: Future) -> dict | None:
    """The backup of an earlier attempt, as soon as the repository is open."""
    is_made, snapshots = opening.result()
    if is_made:
        backup.job.events.info("Made the backup repository")
    return _earlier(backup, snapshots)


def _earlier(backup: Backup, snapshots: list[dict]) -> dict | None:
    """What an attempt stored before it was killed: taken when it is whole, removed when not."""
    for snapshot in snapshots:
        text = _manifest_text(backup, snapshot["id"])
        if text and not _difference(backup, snapshot["id"], json.loads(text)):
            backup.job.events.info("An earlier attempt had stored the backup: it is whole")
            return _result(backup, json.loads(text), text, snapshot["id"], snapshot["summary"])
        _remove(backup, snapshot["id"])
    return None


def _new(backup: Backup, opening: Future | None) -> dict:
    with _entered(backup) as (login, now):
        facts = _collect(backup, login, now, lambda: heed(opening))
    earlier = _found(backup, opening) if opening else None
    return earlier or _stored(backup, facts)


def heed(opening: Future | None) -> None:
    """A repository that does not open is told at once, not after hours of dumping. Raises Failure."""
    if opening and opening.done():
        opening.result()


def _stored(backup: Backup, facts: dict) -> dict:
    """Hand the stage to restic, and look whether all of it has arrived. Raises Failure."""
    manifest.write(backup.stage, facts)
    text = (backup.stage / manifest.NAME).read_text(encoding="utf-8")
    backup.job.events.progress(0.5, f"Storing {facts['filestore']['files']} files and the dump")
    summary = _store(backup, facts["taken_at"])
    identity = summary["snapshot_id"]
    problem = _difference(backup, identity, facts)
    if problem:
        _remove(backup, identity)
        raise Failure(f"The backup is not whole: {problem}", "It was removed; retry the run")
    backup.job.events.progress(
        1.0, f"Backup {identity[:8]}: {summary['data_added_packed']} new bytes"
    )
    return _result(backup, facts, text, identity, summary)


@contextmanager
def _entered(backup: Backup) -> Iterator[tuple[Login, Frozen]]:
    """A login from which row security hides nothing, and what it sees. Raises Failure."""
    role = backup.job.spec.text("role")
    if not require_owned(backup.server, [backup.database], [role]):
        raise Failure(
            f"The database {backup.database} does not exist", "Deploy the environment first"
        )
    with tenant(backup.server, backup.database, role) as owner:
        login = as_itself(owner)
        with frozen(login) as now:
            yield login, now


def _collect(backup: Backup, login: Login, now: Frozen, on_idle) -> dict:
    """Dump and filestore side by side in the stage, and what they hold.

    The filestore is linked before and after the dump: a file that Odoo's clean-up removes in between
    is kept, one that it adds in between is there too.
    """
    about = now.database()
    require_room(backup.stage, about["size_bytes"], "The dump of the database")
    frozen_files = backup.stage / "filestore"
    frozen_files.mkdir()
    _link(backup, frozen_files)
    backup.job.events.progress(0.05, f"Dumping {about['size_bytes']} bytes")
    dump = backup.stage / "dump"
    with ThreadPoolExecutor(max_workers=1) as beside:  # the same snapshot, another connection
        counting = beside.submit(now.tables)
        say = backup.job.events.debug
        write_dump(login, now.snapshot, dump, say, on_idle)
        tables = counting.result()
    _link(backup, frozen_files)
    dumped = files_of(dump)
    date_by_content(dump, dumped)
    return {
        "taken_at": now.taken_at,
        "database": {"name": backup.database, **about},
        "modules": now.modules(),
        "tables": tables,
        "filestore": {**census(frozen_files).facts(), "missing": _missing(backup, now)},
        "dump": dumped,
        "app": backup.job.spec.get("app") or {},
    }


def _link(backup: Backup, target: Path) -> None:
    if backup.filestore.is_dir():
        link_tree(backup.filestore, target)


def _missing(backup: Backup, now: Frozen) -> int:
    """How many files the database names that the filestore lost long ago. Raises Failure."""
    named = now.stored_files()
    missing = sorted(name for name in named if not (backup.stage / "filestore" / name).is_file())
    if missing and len(missing) == len(named):
        raise Failure(
            f"None of the {len(named)} files that the database names is in {backup.filestore}",
            "Check that the environment's volume is the right one; nothing was stored",
        )
    if missing:
        backup.job.events.warning(
            f"{len(missing)} files that attachments name are not in the filestore and so not in "
            f"the backup, {missing[0]} first."
        )
    return len(missing)


def _store(backup: Backup, taken_at: str) -> dict:
    """Hand the stage to restic. Raises Failure; a snapshot with holes is removed."""
    steps = Steps(backup.job.events, "Stored", 0.5, 0.95)
    words = ["backup", "--host", _tags(backup)[0], "--tag", ",".join(_tags(backup))]
    words += ["--time", taken_at.replace("T", " ").removesuffix("Z"), "--no-scan"]
    words += ["--ignore-ctime", "--ignore-inode", "."]
    done, _ = backup.repository.ask(*words, on_value=steps, cwd=backup.stage)
    if not done.is_ok:
        _remove_partial(backup, done)
        raise explain(done)
    return steps.last


def _remove_partial(backup: Backup, done: Finished) -> None:
    if done.exit_status != 3:
        return
    for snapshot in backup.repository.snapshots(*_tags(backup)):
        _remove(backup, snapshot["id"])


def _difference(backup: Backup, identity: str, facts: dict) -> str:
    """What a stored snapshot lacks or has too much; an empty text when it is what was collected."""
    sizes: dict[str, int] = {}

    def note(value) -> None:
        if isinstance(value, dict) and value.get("type") == "file":
            sizes[value["path"]] = value.get("size", 0)

    done, _ = backup.repository.ask("ls", identity, on_value=note)
    if not done.is_ok:
        raise explain(done)
    stored = [size for path, size in sizes.items() if path.startswith("/filestore/")]
    expected = facts["filestore"]
    if (len(stored), sum(stored)) != (expected["files"], expected["bytes"]):
        return f"it has {len(stored)} files of the filestore instead of {expected['files']}"
    dumped = {f"/dump/{name}": about["bytes"] for name, about in facts["dump"].items()}
    lacking = [path for path, size in dumped.items() if sizes.get(path) != size]
    return f"it has no right {lacking[0]}" if lacking else ""


def _manifest_text(backup: Backup, identity: str) -> str:
    done, values = backup.repository.ask("dump", identity, f"/{manifest.NAME}")
    return json.dumps(values[0], sort_keys=True, indent=1) if done.is_ok and values else ""


def _remove(backup: Backup, identity: str) -> None:
    backup.repository.said("forget", identity)
    backup.job.events.info(f"Removed the snapshot {identity[:8]}, which was not whole")


def _tags(backup: Backup) -> tuple[str, ...]:
    tags = backup.job.spec.part("tags")
    named = tuple(f"{key}={tags.get(key)}" for key in ("environment", "project", "run"))
    if any(set(text) & set(", \n") for text in named):
        raise Failure("The backup's tags hold a comma or a space", FAULT)
    return named


def _result(backup: Backup, facts: dict, text: str, identity: str, summary: dict) -> dict:
    import hashlib

    return {
        "snapshot": identity,
        "taken_at": facts["taken_at"],
        "size_bytes": summary["total_bytes_processed"],
        "added_bytes": summary["data_added_packed"],
        "database_bytes": facts["database"]["size_bytes"],
        "filestore_files": facts["filestore"]["files"],
        "filestore_bytes": facts["filestore"]["bytes"],
        "missing_files": facts["filestore"]["missing"],
        "manifest": manifest.summary(facts, hashlib.sha256(text.encode()).hexdigest()),
    }
