"""Keeps a copy of a living database as restore point; its users wait for the moment of the copy."""

import time

from ..folders import Copied, NewFolder, folder_of, link_tree
from ..job import Job
from ..new_database import NewDatabase, new_database, size_of
from ..outcome import Failure
from ..ownership import require_owned
from ..postgres import server_of
from ..reflink import copy_method


def run(job: Job) -> dict:
    started = time.monotonic()
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        point = new_database(job, server, job.spec.text("point"), job.spec.text("role"))
        folder = NewFolder(folder_of(job.spec.text("point_filestore"), point.name), point.mark)
        method = copy_method(server)
        if not point.is_made():
            _copy(job, point, folder)
        folder.finish()
        size = size_of(server, point.name)
    seconds = round(time.monotonic() - started, 2)
    job.events.progress(1.0, f"Restore point {point.name}: {size} bytes by {method} in {seconds} s")
    return {"seconds": seconds, "method": method, "size_bytes": size}


def _copy(job: Job, point: NewDatabase, folder: NewFolder) -> None:
    """The filestore before and after the database: whatever is added or removed meanwhile, it is there."""
    name = job.spec.text("database")
    source = folder_of(job.spec.text("filestore"), name)
    if not require_owned(point.server, [name], [point.role]):
        raise Failure(f"The database {name} does not exist", "Deploy the environment first")
    target, copied = folder.begin(), Copied()
    if source.is_dir():
        link_tree(source, target)
    point.copy_from(name)
    if source.is_dir():
        copied = link_tree(source, target)
    job.events.debug(f"{copied.files} files came meanwhile")
    folder.show()
    point.finish()
