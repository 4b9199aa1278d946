"""Drops databases with their files, and the role of a target that is no more."""

import shutil
from pathlib import Path

from ..bus_database import drop_bus
from ..folders import NewFolder, is_kept_for
from ..job import Job
from ..new_database import partial_name
from ..outcome import Failure
from ..ownership import require_owned
from ..postgres import Server, identifier, literal, server_of
from ..spec import FAULT
from ..tenant import forgotten, require_ordinary

ROOTS = (Path("/var/lib/odoo/filestore"), Path("/ipai/volumes"))
ARCHIVE = ".zip"
PROTECTED = ("postgres", "template0", "template1")


def run(job: Job) -> dict:
    names, role = job.spec.texts("databases"), job.spec.maybe_text("role")
    owners = _owners(job, names)
    folders = [_folder(Path(text), owners) for text in job.spec.texts("folders")]
    dropped: list[str] = []
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        refused = _refused(server, owners)
        for name in (name for name in names if name not in refused):
            for one in (name, partial_name(name)):
                if _drop(server, one):
                    dropped.append(one)
                    job.events.info(f"Dropped database {one}")
        server.attempt(forgotten())
        if role and not refused and drop_bus(server, role):
            job.events.info(f"Dropped bus database {role}")
        if role and not refused and _drop_role(server, role):
            job.events.info(f"Dropped role {role}")
    wanted = [folder for folder in folders if folder.name not in refused]
    halves = [NewFolder(folder, "").partial for folder in wanted]
    removed = [str(folder) for folder in (*wanted, *halves) if _remove(folder, owners)]
    if refused:
        raise next(iter(refused.values()))
    return {"dropped": dropped, "removed": removed}


def _owners(job: Job, names: list[str]) -> dict[str, list[str]]:
    """For each database the roles of the environment it was made for. Raises Failure."""
    owners = job.spec.part("owners")
    if not all(isinstance(owners.get(name), list) for name in names):
        raise Failure("The job's specification does not say whose the databases are", FAULT)
    return {name: owners[name] for name in names}


def _refused(server: Server, owners: dict[str, list[str]]) -> dict[str, Failure]:
    """The databases that are not of those roles, each with what is to be said of it."""
    refused = {}
    for name, roles in owners.items():
        try:
            require_owned(server, [name, partial_name(name)], roles)
        except Failure as failure:
            refused[name] = failure
    return refused


def _folder(folder: Path, owners: dict[str, list[str]]) -> Path:
    """A folder of one of the databases, or the file of an archive; their place is checked."""
    place = folder.parent.resolve() / folder.name
    if not any(root in place.parents and place.parent != ROOTS[1] for root in ROOTS):
        raise Failure(f"{folder} is no folder of a copy", "Correct the list and retry")
    if folder.name not in owners and not folder.name.endswith(ARCHIVE):
        raise Failure(f"{folder} is not the folder of a database to drop", "Correct the list")
    return folder


def _remove(folder: Path, owners: dict[str, list[str]]) -> bool:
    """True when it was there. Raises Failure when it is kept for another environment."""
    place = folder.parent.resolve() / folder.name
    if place.is_symlink() or not place.exists():
        return False
    if place.is_file():
        place.unlink()
        return True
    if folder.name.endswith(ARCHIVE) or not is_kept_for(
        place, owners.get(folder.name.removesuffix(".new"))
    ):
        raise Failure(
            f"The folder {folder} does not belong to this environment",
            "Nothing was removed there; check what the run was ordered to drop",
        )
    shutil.rmtree(place)
    return True


def _drop(server: Server, name: str) -> bool:
    """True when it was there."""
    if name in PROTECTED:
        raise Failure(
            f"The database {name} belongs to the server itself",
            "Correct the environment's database",
        )
    if not server.value(f"SELECT 1 FROM pg_database WHERE datname = {literal(name)}"):
        return False
    server.run(
        f"ALTER DATABASE {identifier(name)} IS_TEMPLATE false;\n"
        f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)"
    )
    return True


def _drop_role(server: Server, role: str) -> bool:
    """True when it was there; a role that still owns a database stays and that is an error."""
    if not server.value(f"SELECT 1 FROM pg_roles WHERE rolname = {literal(role)}"):
        return False
    require_ordinary(server, role)
    owned = server.rows(
        "SELECT datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba "
        f"WHERE r.rolname = {literal(role)} ORDER BY datname"
    )
    if owned:
        raise Failure(
            f"The role {role} still owns the database {owned[0][0]}", "Drop that database too"
        )
    server.run(f"DROP OWNED BY {identifier(role)};\nDROP ROLE IF EXISTS {identifier(role)};")
    return True
