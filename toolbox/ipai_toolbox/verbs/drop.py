"""Drops databases with their files, and the role of a target that is no more."""

import shutil
from pathlib import Path

from ..bus_database import drop_bus
from ..folders import NewFolder
from ..foreign_sql import drop_filler
from ..job import Job
from ..new_database import partial_name
from ..outcome import Failure
from ..postgres import Server, identifier, literal, server_of

ROOTS = (Path("/var/lib/odoo/filestore"), Path("/ipai/volumes"))
PROTECTED = ("postgres", "template0", "template1")


def run(job: Job) -> dict:
    names, role = job.spec.texts("databases"), job.spec.maybe_text("role")
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        halves = [partial_name(name) for name in names]
        dropped = [name for name in (*names, *halves) if _drop(server, name)]
        for half in halves:
            drop_filler(server, half)
        for name in dropped:
            job.events.info(f"Dropped database {name}")
        if role and drop_bus(server, role):
            job.events.info(f"Dropped bus database {role}")
        if role and _drop_role(server, role):
            job.events.info(f"Dropped role {role}")
    wanted = [Path(name) for name in job.spec.texts("folders")]
    halves = [NewFolder(folder, "").partial for folder in wanted]
    folders = [str(folder) for folder in (*wanted, *halves) if _remove(folder)]
    return {"dropped": dropped, "removed": folders}


def _remove(folder: Path) -> bool:
    """True when it was there; only folders of copies may go, so their place is checked."""
    place = folder.parent.resolve() / folder.name
    if not any(root in place.parents and place.parent != ROOTS[1] for root in ROOTS):
        raise Failure(f"{folder} is no folder of a copy", "Correct the list and retry")
    if place.is_symlink() or not place.exists():
        return False
    if place.is_file():
        place.unlink()
    else:
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
