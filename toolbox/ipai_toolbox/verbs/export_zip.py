"""Writes one backup as the archive that Odoo itself reads: dump.sql, filestore, manifest.json."""

import json
import os
import re
import shutil
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .. import manifest
from ..job import Job
from ..outcome import Failure
from ..process import piped
from ..restic import Repository, repository_of
from ..restic_causes import explain
from ..spec import FAULT
from ..stage import Steps, require_room, stage

EXPORTS = Path("/ipai/exports")
BLOCK = 1 << 20
SECONDS = 6 * 3600


@dataclass(frozen=True)
class Export:
    """The parts of one export."""

    job: Job
    repository: Repository
    snapshot: str
    work: Path


def run(job: Job) -> dict:
    started, path = time.monotonic(), _path(job.spec.text("name"))
    snapshot = job.spec.text("snapshot")
    if not re.fullmatch(r"[0-9a-f]{8,64}", snapshot):
        raise Failure(f"'{snapshot}' does not name a backup", FAULT)
    with (
        repository_of(job.spec.part("repository"), job.places) as repository,
        stage(EXPORTS, f"export-{path.name}") as work,
    ):
        export = Export(job, repository, snapshot, work)
        facts = _fetch(export)
        partial = path.with_name(f".ipai-{path.name}.partial")
        _write(export, facts, partial)
        os.replace(partial, path)
    size = path.stat().st_size
    job.events.progress(1.0, f"Exported {size} bytes to {path.name}")
    return {"name": path.name, "size_bytes": size, "seconds": round(time.monotonic() - started, 2)}


def _path(name: str) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}", name):
        raise Failure(f"'{name}' is not a usable name of an archive", FAULT)
    return EXPORTS / name


def _fetch(export: Export) -> dict:
    """Dump and manifest on disk: PostgreSQL reads a dump of many files only from there."""
    words = ["restore", export.snapshot, "--target", str(export.work)]
    words += ["--include", "/dump", "--include", f"/{manifest.NAME}"]
    done, _ = export.repository.ask(*words, on_value=Steps(export.job.events, "Fetched", 0, 0.3))
    if not done.is_ok:
        raise explain(done, "The disk of the exports")
    facts = manifest.read(export.work)
    dumped = sum(about["bytes"] for about in facts["dump"].values())
    require_room(export.work, (dumped + facts["filestore"]["bytes"]) // 2, "The export")
    return facts


def _write(export: Export, facts: dict, partial: Path) -> None:
    partial.unlink(missing_ok=True)
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            archive.writestr("manifest.json", json.dumps(_odoo_manifest(facts), indent=4))
            export.job.events.progress(0.3, f"Writing {len(facts['tables'])} tables as SQL")
            _write_sql(export, archive)
            export.job.events.progress(0.6, f"Writing {facts['filestore']['files']} files")
            written = _write_files(export, archive) if facts["filestore"]["files"] else 0
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if written != facts["filestore"]["files"]:
        partial.unlink()
        raise Failure(
            f"Only {written} of {facts['filestore']['files']} files came out of the repository",
            "Check the repository, then retry",
        )


def _odoo_manifest(facts: dict) -> dict:
    """As Odoo's own dump writes it (odoo/service/db.py, dump_db_manifest)."""
    base = facts["modules"].get("base", "0.0").split(".")
    server = facts["database"]["server_version"].split()[0]
    return {
        "odoo_dump": "1",
        "db_name": facts["database"]["name"],
        "version": ".".join(base[:2]),
        "version_info": [int(base[0]), int(base[1]), 0, "final", 0, ""],
        "major_version": ".".join(base[:2]),
        "pg_version": ".".join(server.split(".")[:2]),
        "modules": facts["modules"],
    }


def _write_sql(export: Export, archive: zipfile.ZipFile) -> None:
    command = ["pg_restore", "--no-owner", "--no-acl", "--file=-", str(export.work / "dump")]
    with (
        _output_of(command, {"PATH": os.environ["PATH"]}) as source,
        archive.open("dump.sql", "w", force_zip64=True) as target,
    ):
        shutil.copyfileobj(source, target, BLOCK)


def _write_files(export: Export, archive: zipfile.ZipFile) -> int:
    """The filestore goes from the repository into the archive without touching a disk."""
    repository, written = export.repository, 0
    command = ["restic", "--quiet", *repository.options, "dump", "--archive", "tar"]
    command += [export.snapshot, "/filestore"]
    with (
        _output_of(command, repository.environment) as source,
        tarfile.open(fileobj=source, mode="r|") as tar,
    ):
        for member in tar:
            if not member.isfile():
                continue
            name = f"filestore/{member.name.lstrip('./').removeprefix('filestore/')}"
            content = tar.extractfile(member)
            if content is None:
                raise Failure(f"{name} cannot be read from the backup", FAULT)
            with archive.open(name, "w", force_zip64=True) as target:
                shutil.copyfileobj(content, target, BLOCK)
            written += 1
    return written


@contextmanager
def _output_of(command: list[str], environment: dict[str, str]) -> Iterator[IO[bytes]]:
    """What a program writes, as it comes; its exit status is read. Raises Failure."""
    process = subprocess.Popen(
        ["timeout", str(SECONDS), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    output, said = piped(process.stdout), piped(process.stderr)
    try:
        yield output
        output.read()
        errors = said.read().decode("utf-8", "replace")
        if process.wait(timeout=60):
            raise Failure(f"{command[0]} failed: {errors[:300]}", "Read the log, then retry")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(timeout=60)
