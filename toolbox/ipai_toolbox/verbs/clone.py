"""Makes a database of its own from a parked snapshot: at once where the file system shares blocks."""

import time
from concurrent.futures import ThreadPoolExecutor

from ..folders import Copied, NewFolder, absolute, copy_tree
from ..identity import forgotten_bundles, renewal
from ..job import Job
from ..new_database import NewDatabase, new_database, size_of
from ..patience import DATABASE_SECONDS, patiently
from ..postgres import server_of
from ..reflink import copy_method


def run(job: Job) -> dict:
    started = time.monotonic()
    with server_of(job.spec.part("server"), job.places) as server:
        database = new_database(job, server, job.spec.text("database"))
        folder = NewFolder(absolute(job.spec.text("filestore")), database.mark)
        source = job.spec.text("source")
        is_made = patiently(lambda: database.is_made(source), DATABASE_SECONDS)
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


def _earlier(database: NewDatabase) -> tuple[int, Copied]:
    """What an earlier attempt of this step has made."""
    return size_of(database.server, database.name), Copied()


def _clone(job: Job, database: NewDatabase, folder: NewFolder, source: str) -> tuple[int, Copied]:
    """The bytes of the new database, and what became of its files."""
    with ThreadPoolExecutor(max_workers=1) as beside:  # the server copies the database meanwhile
        copying = beside.submit(_files, job, folder)
        database.copy_from(source)
        copied = copying.result()
    identity = renewal(job.spec.maybe_text("base_url"))
    if not copied.files:
        identity = f"{forgotten_bundles()}\n{identity}"
    folder.show()
    return database.finish(job.spec.text("role"), identity), copied


def _files(job: Job, folder: NewFolder) -> Copied:
    """Shared inodes only where the order says that both sides are of one trust level."""
    target, source = folder.begin(), job.spec.maybe_text("source_filestore")
    if not source or not absolute(source).is_dir():
        return Copied()
    return copy_tree(absolute(source), target, may_link=job.spec.get("same_trust") is True)
