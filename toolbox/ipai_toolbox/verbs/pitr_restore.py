"""Brings one database back as it was at a moment: recovered in a scratch cluster, moved to a server."""

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from ..dump import extensions_of, read_dump, write_dump
from ..extensions import require_offered
from ..folders import NewFolder, copy_tree, folder_of, own_like
from ..job import Job
from ..manifest import check_rows, frozen, row_counts
from ..new_database import NewDatabase, new_database, size_of
from ..outcome import Failure
from ..ownership import require_owned
from ..postgres import Server, server_of
from ..process import Finished, stream
from ..spec import FAULT
from ..stage import require_room
from ..tenant import as_itself, tenant
from ..wal_archive import (
    SECONDS,
    cluster_bytes,
    environment,
    reach,
    run_pgbackrest,
    shown,
    user,
)

PAUSE_SECONDS = 0.5
LOGINS = "local all postgres trust\nlocal all all scram-sha-256\n"
READY = "database system is ready to accept connections"
ENDED_BEFORE = "recovery ended before configured recovery target was reached"
REPLAYED = re.compile(r"last completed transaction was at log time (\S+ \S+)")


def run(job: Job) -> dict:
    started, moment = time.monotonic(), _moment(job)
    oldest, newest = reach()
    if not oldest <= moment <= newest:
        raise Failure(
            f"The archive reaches from {shown(oldest)} until {shown(newest)}: "
            f"{shown(moment)} cannot be restored",
            "Choose a time in between",
        )
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        database = new_database(job, server, job.spec.text("database"), job.spec.text("role"))
        about = {} if database.is_made() else _bring(job, database, moment)
        files = _folder(job, database)
        if files:
            files.finish()
        size = size_of(server, database.name)
    job.events.progress(1.0, f"{database.name} is as of {shown(moment)}")
    seconds = round(time.monotonic() - started, 2)
    return {"as_of": shown(moment), "database_bytes": size, "seconds": seconds, **about}


def _moment(job: Job) -> datetime:
    try:
        moment = datetime.fromisoformat(job.spec.text("time").replace("Z", "+00:00"))
    except ValueError as error:
        raise Failure(f"'{job.spec.text('time')}' is no time", FAULT) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _bring(job: Job, database: NewDatabase, moment: datetime) -> dict:
    name = job.spec.text("source_database")
    with _scratch(job) as folder:
        last = _recover(job, folder, moment)
        scratch = Server(str(folder), 5432, folder / "none")
        if not require_owned(scratch, [name], [job.spec.text("source_role")]):
            raise Failure(f"At that time there was no database {name}", "Choose a later time")
        facts = _move(job, scratch, database, folder / "dump")
        _stop(folder)
    files = _folder(job, database)
    stored = facts.pop("stored")
    missing = _files(job, files, stored) if files else 0
    database.finish()
    return {"last_transaction": last, "missing_files": missing, **facts}


@contextmanager
def _scratch(job: Job) -> Iterator[Path]:
    """A private folder of the cluster's user; the server in it is stopped whatever happens."""
    place = job.spec.maybe_text("scratch") or tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="ipai-pitr-", dir=place))
    (folder / "data").mkdir(mode=0o700)
    _own(folder, folder / "data")
    try:
        yield folder
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            _stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _recover(job: Job, folder: Path, moment: datetime) -> str:
    """The cluster as of the moment, running on a socket in the folder; the last transaction's time.

    Nothing may have happened between the last archived transaction and the moment: then the end of the
    archive is the state asked for, as the archive itself is younger than the moment.
    """
    job.events.progress(0.05, f"Restoring the cluster as of {shown(moment)}")
    target = moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f+00")
    require_room(folder, cluster_bytes(), "The production server's cluster")
    _restore(job, folder, "--type=time", f"--target={target}", "--target-action=promote")
    log = _start(job, folder)
    if ENDED_BEFORE in log:
        job.events.info("Nothing happened between the last transaction and that time")
        _restore(job, folder, "--delta", "--type=default")
        log = _start(job, folder)
    if not _as_owner(_control(folder, "status")).is_ok:
        lines = [line for line in log.splitlines() if "FATAL" in line] or log.splitlines()[-1:]
        raise Failure(f"The cluster does not recover: {lines[0][:300]}", "Choose another time")
    found = REPLAYED.search(log)
    return found.group(1) if found else ""


def _restore(job: Job, folder: Path, *words: str) -> None:
    """The whole cluster: pgBackRest chooses databases by the names of the base backup's day.

    A database that came later, or that a restore has swapped in since, would be left out or empty.
    """
    run_pgbackrest(job.events.debug, f"--pg1-path={folder / 'data'}", *words, "restore")


def _start(job: Job, folder: Path) -> str:
    """Start the cluster and wait until it has recovered; gives its log."""
    (folder / "hba").write_text(LOGINS, encoding="utf-8")
    log = folder / "log"
    log.write_text("", encoding="utf-8")
    _own(folder / "hba", log)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "hba_file": str(folder / "hba"),
        "archive_mode": "off",
        "hot_standby": "off",
        "autovacuum": "off",
        "fsync": "off",
        "shared_preload_libraries": "",
    }
    words = " ".join(f"-c {key}='{value}'" for key, value in options.items())
    command = _control(folder, "start", "-w", "-t", str(SECONDS), "-l", str(log), "-o", words)
    job.events.progress(0.3, "Replaying the archive")
    _as_owner(command)
    return _recovered(folder, log)


def _recovered(folder: Path, log: Path) -> str:
    """The log of the server once it has recovered, or has ended because it cannot."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        is_running = _as_owner(_control(folder, "status")).is_ok
        text = log.read_text(encoding="utf-8", errors="replace")
        if READY in text or not is_running:
            return text
        time.sleep(PAUSE_SECONDS)
    raise Failure("The cluster did not recover in time", "Take a base backup more often")


def _as_owner(command: list[str]) -> Finished:
    """Run pg_ctl as the cluster's user."""
    return stream(command, str, timeout_seconds=SECONDS, env=environment(), user=user())


def _own(*paths: Path) -> None:
    owner = user()
    if owner is None:
        return
    for path in paths:
        shutil.chown(path, owner.pw_uid, owner.pw_gid)


def _stop(folder: Path) -> None:
    _as_owner(_control(folder, "stop", "-m", "immediate"))


def _control(folder: Path, *words: str) -> list[str]:
    return ["pg_ctl", "-D", str(folder / "data"), *words]


def _move(job: Job, scratch: Server, database: NewDatabase, dump: Path) -> dict:
    """Out of the scratch cluster, into the new database, rows compared."""
    name = job.spec.text("source_database")
    job.events.progress(0.6, f"Moving {name}")
    with tenant(scratch, name, job.spec.text("source_role")) as owner:
        login = as_itself(owner)
        with frozen(login) as then:
            about, tables = then.database(), then.tables()
            facts = {"modules": then.modules(), "rows": sum(tables.values())}
            stored = then.stored_files()
            write_dump(login, then.snapshot, dump, job.events.debug)
    _load(job, database, dump, about, tables)
    return {**facts, "stored": stored}


def _load(job: Job, database: NewDatabase, dump: Path, about: dict, tables: dict) -> None:
    wanted = extensions_of(dump)
    require_offered(database.server, wanted, "The database")
    place = (about["encoding"], about["collate"], about["ctype"], about["unaccent"])
    database.create_empty(*place, wanted=wanted)
    with database.filling() as login:
        read_dump(login, dump, job.events.debug)
        check_rows(row_counts(login), tables)


def _folder(job: Job, database: NewDatabase) -> NewFolder | None:
    path = job.spec.maybe_text("filestore")
    return NewFolder(folder_of(path, database.name), database.mark) if path else None


def _files(job: Job, folder: NewFolder, stored: set[str]) -> int:
    """Today's filestore has yesterday's files, but for those that Odoo has cleaned up since."""
    source = folder_of(job.spec.text("source_filestore"), job.spec.text("source_database"))
    target = folder.begin()
    if source.is_dir():
        copy_tree(source, target)
    own_like(target, folder.path.parent)
    missing = sorted(name for name in stored if not (target / name).is_file())
    if missing:
        job.events.warning(f"{len(missing)} files of that time are gone, {missing[0]} first.")
    folder.show()
    return len(missing)
