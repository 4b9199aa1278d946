"""Parks a database as a snapshot: nobody connects to it, clones of it are made at once."""

import shutil
from pathlib import Path

from ..folders import NewFolder, copy_tree, folder_of, keep_for
from ..job import Job
from ..new_database import size_of
from ..outcome import Failure
from ..ownership import require_owned
from ..postgres import Server, identifier, server_of
from ..sessions import cleared


def run(job: Job) -> dict:
    name, parked = job.spec.text("database"), job.spec.text("snapshot_database")
    source = folder_of(job.spec.text("filestore"), name)
    mark = f"ipai: parked by {job.spec.step} of run {job.spec.run}"
    folder = NewFolder(folder_of(job.spec.text("snapshot_filestore"), parked), mark)
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        require_owned(server, [name, parked], [job.spec.text("role")])
        method = (
            _park(server, name, parked, source, folder) if _is_due(server, name, parked) else ""
        )
        _close(server, parked)
        keep_for(folder.path, job.spec.text("role"))
        folder.finish()
        shutil.rmtree(source, ignore_errors=True)
        size = size_of(server, parked)
    job.events.progress(1.0, f"Parked {size} bytes as {parked}")
    return {"size_bytes": size, "method": method}


def _is_due(server: Server, name: str, parked: str) -> bool:
    """False when an earlier attempt has done it. Raises Failure when the name is taken."""
    if server.exists(parked) and server.exists(name):
        raise Failure(f"There is already a snapshot {parked}", "Nothing was changed; drop it first")
    return not server.exists(parked)


def _park(server: Server, name: str, parked: str, source: Path, folder: NewFolder) -> str:
    """Files first, then the one rename that makes the snapshot real."""
    if not server.exists(name):
        raise Failure(f"The database {name} does not exist", "Restore the backup again")
    target, method = folder.begin(), ""
    if source.is_dir():
        method = copy_tree(source, target).method
    folder.show()
    with cleared(server, name):
        server.run(f"ALTER DATABASE {identifier(name)} RENAME TO {identifier(parked)}")
    return method


def _close(server: Server, parked: str) -> None:
    server.run(
        f"ALTER DATABASE {identifier(parked)} ALLOW_CONNECTIONS false;\n"
        f"ALTER DATABASE {identifier(parked)} IS_TEMPLATE true"
    )
