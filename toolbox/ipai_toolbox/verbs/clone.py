"""Makes a database of its own from a parked snapshot: at once where the file system shares blocks."""

import time
from concurrent.futures import ThreadPoolExecutor

from ..folders import Copied, NewFolder, copy_tree, folder_of, is_kept_for
from ..identity import forgotten_bundles, renewal
from ..job import Job
from ..new_database import NewDatabase, new_database, size_of
from ..outcome import Failure
from ..ownership import objects_given, require_owned
from ..patience import DATABASE_SECONDS, patiently
from ..postgres import Server, server_of
from ..reflink import copy_method
from ..tenant import as_itself, tenant


def run(job: Job) -> dict:
    started = time.monotonic()
    with server_of(job.spec.part("server"), job.places) as server:
        database = patiently(lambda: _database(job, server), DATABASE_SECONDS)
        path = folder_of(job.spec.text("filestore"), database.name)
        folder = NewFolder(path, database.mark)
        source = job.spec.text("source")
        is_made = database.is_made(source)
        with ThreadPoolExecutor(max_workers=1) as beside:
            asked = beside.submit(copy_method, server)
            size, copied = _earlier(database) if is_made else _clone(job, database, folder, source)
            method = asked.result()
        folder.finish()
    seconds = round(time.monotonic() - started, 2)
    job.events.progress(1.0, f"Cloned {size} bytes by {method} in {seconds} s")
    return {
        "seconds": seconds,
        "method": method,
        "filestore_method": copied.method,
        "filestore_files": copied.files,
        "size_bytes": size,
    }


def _database(job: Job, server: Server) -> NewDatabase:
    return new_database(job, server, job.spec.text("database"), job.spec.text("role"))


def _earlier(database: NewDatabase) -> tuple[int, Copied]:
    """What an earlier attempt of this step has made."""
    return size_of(database.server, database.name), Copied()


def _clone(job: Job, database: NewDatabase, folder: NewFolder, source: str) -> tuple[int, Copied]:
    """The bytes of the new database, and what became of its files."""
    with ThreadPoolExecutor(max_workers=1) as beside:  # the server copies the database meanwhile
        copying = beside.submit(_files, job, folder)
        require_owned(database.server, [source], [job.spec.text("source_role")])
        database.copy_from(source)
        copied = copying.result()
    identity = renewal(job.spec.maybe_text("base_url"))
    if not copied.files:
        identity = f"{forgotten_bundles()}\n{identity}"
    folder.show()
    _take_over(database, job.spec.text("source_role"), identity)
    return database.finish(), copied


def _take_over(database: NewDatabase, before: str, identity: str) -> None:
    """All objects change hands, then the copy gets its identity, as its own role and no other."""
    server, name, role = database.server, database.partial, database.role
    if before != role:
        with tenant(server, name, role, before) as login:
            as_itself(login).run(objects_given(before, role))
    with tenant(server, name, role) as login:
        login.run(identity)


def _files(job: Job, folder: NewFolder) -> Copied:
    """Shared inodes only where the order says that both sides are of one trust level."""
    target, source = folder.begin(), job.spec.maybe_text("source_filestore")
    path = folder_of(source, job.spec.text("source")) if source else None
    if not path or not path.is_dir():
        return Copied()
    if not is_kept_for(path, [job.spec.text("source_role")]):
        raise Failure(
            f"The files of the snapshot {path.name} do not belong to its environment",
            "Choose or make a newer snapshot",
        )
    return copy_tree(path, target, may_link=job.spec.get("same_trust") is True)
