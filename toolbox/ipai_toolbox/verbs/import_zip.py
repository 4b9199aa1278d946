"""Takes in a database archive of Odoo (Odoo.sh, Online, on-premise), after a look at all of it."""

import hashlib
import shutil
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from ..filestore import census
from ..folders import NewFolder, absolute
from ..foreign_sql import filler, run_script
from ..job import Job
from ..new_database import NewDatabase, new_database, size_of
from ..outcome import Failure
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
KNOWN_EXTENSIONS = {"plpgsql", "pg_trgm", "unaccent"}
BLOCK = 1 << 20


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
            database = new_database(job, server, spec.text("database"))
            folder = NewFolder(absolute(spec.text("filestore")), database.mark)
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
    target = whole.folder.begin()
    try:
        _unpack(whole, target)
        _read_through(whole.archive, whole.members[DUMP])
        _fill(whole)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        whole.database.clear()
        shutil.rmtree(target, ignore_errors=True)
        raise refuse(f"it is damaged ({error})") from error
    except Failure:
        whole.database.clear()
        shutil.rmtree(target, ignore_errors=True)
        raise
    whole.folder.show()
    whole.database.finish(whole.job.spec.text("role"))


def _unpack(whole: Import, target: Path) -> None:
    stored = [member for name, member in whole.members.items() if STORED.match(name)]
    require_room(target, sum(member.file_size for member in stored), "The archive's filestore")
    whole.job.events.progress(0.05, f"Unpacking {len(stored)} files")
    for member in stored:
        name = STORED.match(member.filename).group(1)
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


def _read_through(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Check the sum of a member before its content is trusted. Raises BadZipFile."""
    with archive.open(member) as source:
        while source.read(BLOCK):
            pass


def _fill(whole: Import) -> None:
    database, events = whole.database, whole.job.events
    database.create_empty(unaccent=True)
    events.progress(0.4, f"Loading {whole.members[DUMP].file_size} bytes of SQL")
    with (
        filler(whole.server, database.partial) as login,
        whole.archive.open(whole.members[DUMP]) as script,
    ):
        login.run("CREATE SCHEMA IF NOT EXISTS public", database.partial)
        wanted = run_script(login, database.partial, script)
    unknown = sorted(wanted - KNOWN_EXTENSIONS)
    if unknown:
        events.warning(f"The dump names extensions that were left out: {', '.join(unknown)}.")
    query = "SELECT to_regclass('public.ir_module_module') IS NOT NULL"
    if whole.server.value(query, database.partial) != "t":
        raise refuse("its dump.sql is not a database of Odoo")
