"""Takes in a database archive of Odoo (Odoo.sh, Online, on-premise), after a look at all of it."""

import hashlib
import shutil
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from .. import extensions
from ..filestore import census
from ..folders import NewFolder, folder_of
from ..foreign_sql import run_script
from ..job import Job
from ..new_database import NewDatabase, new_database, size_of
from ..outcome import Failure
from ..plain_dump import PlainDump
from ..postgres import Server, server_of
from ..spec import FAULT
from ..stage import require_room
from ..zip_check import (
    DUMP,
    STORED,
    Limits,
    check_archive,
    open_archive,
    read_manifest,
    refuse,
)

IMPORTS = Path("/ipai/imports")
BLOCK = 1 << 20
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError)


@dataclass(frozen=True)
class Import:
    """The parts of one import."""

    job: Job
    server: Server
    database: NewDatabase
    folder: NewFolder
    archive: zipfile.ZipFile
    members: dict


def run(job: Job) -> dict:
    started, spec = time.monotonic(), job.spec
    with open_archive(_path(spec.text("name"))) as archive:
        members = check_archive(archive, _limits(job))
        facts = read_manifest(archive, members, spec.maybe_text("major_version"))
        with server_of(spec.part("server"), job.places) as server:
            server.wait()
            database = new_database(job, server, spec.text("database"), spec.text("role"))
            folder = NewFolder(folder_of(spec.text("filestore"), database.name), database.mark)
            whole = Import(job, server, database, folder, archive, members)
            if not database.is_made():
                _import(whole)
            folder.finish()
            size, files = size_of(server, database.name), census(folder.path)
    job.events.progress(1.0, f"Imported {len(facts['modules'])} modules and {files.files} files")
    about = {"filestore_files": files.files, "filestore_bytes": files.bytes, **facts}
    return {**about, "database_bytes": size, "seconds": round(time.monotonic() - started, 2)}


def _path(name: str) -> Path:
    if not name or "/" in name or name.startswith("."):
        raise Failure(f"'{name}' is not the name of an uploaded archive", FAULT)
    return IMPORTS / name


def _limits(job: Job) -> Limits:
    given = {key: job.spec.get(key) for key in ("max_bytes", "max_ratio", "max_files")}
    return Limits(**{key: int(value) for key, value in given.items() if value})


def _import(whole: Import) -> None:
    """Files, then the database; it gets its name when both are there."""
    wanted = _read_through(whole)
    target = whole.folder.begin()
    try:
        _unpack(whole, target)
        _fill(whole, wanted)
    except DAMAGE as error:
        _clear(whole, target)
        raise refuse(f"it is damaged ({error})") from error
    except Failure:
        _clear(whole, target)
        raise
    whole.folder.show()
    whole.database.finish()


def _clear(whole: Import, target: Path) -> None:
    whole.database.clear()
    shutil.rmtree(target, ignore_errors=True)


def _read_through(whole: Import) -> set[str]:
    """Check the sum and the end of the dump before anything is made; gives the extensions it wants.

    Raises Failure when it is damaged or cut off.
    """
    member, dump = whole.members[DUMP], PlainDump()
    whole.job.events.progress(0.02, f"Checking {member.file_size} bytes of SQL")
    try:
        with whole.archive.open(member) as script:
            dump.require_whole(script)
    except DAMAGE as error:
        raise refuse(f"it is damaged ({error})") from error
    return dump.wanted


def _unpack(whole: Import, target: Path) -> None:
    named = ((STORED.match(name), member) for name, member in whole.members.items())
    stored = [(found.group(1), member) for found, member in named if found]
    size = sum(member.file_size for _name, member in stored)
    require_room(target, size, "The archive's filestore")
    whole.job.events.progress(0.05, f"Unpacking {len(stored)} files")
    for name, member in stored:
        (target / name[:2]).mkdir(exist_ok=True)
        if _write(whole.archive, member, target / name) != name[3:]:
            raise refuse(f"{member.filename} has another content than its name says")


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> str:
    """Unpack one file; gives the SHA-1 of what was written."""
    digest = hashlib.sha1(usedforsecurity=False)
    with archive.open(member) as source, path.open("xb") as file:
        while block := source.read(BLOCK):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _fill(whole: Import, wanted: set[str]) -> None:
    database, events = whole.database, whole.job.events
    database.create_empty(unaccent=True, wanted=wanted)
    events.progress(0.4, f"Loading {whole.members[DUMP].file_size} bytes of SQL")
    with database.filling() as login:
        with whole.archive.open(whole.members[DUMP]) as script:
            named = run_script(login, script)
        if not login.value("SELECT to_regclass('public.ir_module_module')"):
            raise refuse("its dump.sql is not a database of Odoo")
    unknown = sorted(named - extensions.offered(whole.server, named))
    if unknown:
        events.warning(f"The dump names extensions that were left out: {', '.join(unknown)}.")
