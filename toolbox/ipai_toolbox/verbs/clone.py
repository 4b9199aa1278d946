"""Makes a database of its own from a parked snapshot: at once where the file system shares blocks."""

import time
from concurrent.futures import ThreadPoolExecutor

from ..folders import Copied, NewFolder, absolute, copy_tree
from ..identity import forget_bundles, renew
from ..job import Job
from ..new_database import new_database, size_of
from ..outcome import Failure
from ..postgres import server_of
from ..reflink import copy_method


def run(job: Job) -> dict:
    started = time.monotonic()
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        database = new_database(job, server, job.spec.text("database"))
        folder = NewFolder(absolute(job.spec.text("filestore")), database.mark)
        method = copy_method(server)
        copied = Copied()
        if not database.is_made():
            copied = _clone(job, database, folder)
        folder.finish()
        size = size_of(server, database.name)
    seconds = round(time.monotonic() - started, 2)
    job.events.progress(1.0, f"Cloned {size} bytes by {method} in {seconds} s")
    return {
        "seconds": seconds,
        "method": method,
        "filestore_method": copied.method,
        "filestore_files": copied.files,
        "size_bytes": size,
    }


def _clone(job: Job, database, folder: NewFolder) -> Copied:
    server, source = database.server, job.spec.text("source")
    if not server.exists(source):
        raise Failure(f"The snapshot {source} is no more", "Choose or make a newer snapshot")
    with ThreadPoolExecutor(max_workers=1) as beside:  # the server copies the database meanwhile
        copying = beside.submit(_files, job, folder)
        database.copy_from(source)
        copied = copying.result()
    if not copied.files:
        forget_bundles(server, database.partial)
    renew(server, database.partial, job.spec.maybe_text("base_url"))
    folder.show()
    database.finish(job.spec.text("role"))
    return copied


def _files(job: Job, folder: NewFolder) -> Copied:
    """Shared inodes only where the order says that both sides are of one trust level."""
    target, source = folder.begin(), job.spec.maybe_text("source_filestore")
    if not source or not absolute(source).is_dir():
        return Copied()
    return copy_tree(absolute(source), target, may_link=job.spec.get("same_trust") is True)
