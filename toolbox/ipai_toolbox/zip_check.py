"""Looks at an archive before one byte of it is unpacked."""

import json
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from .outcome import Failure

DUMP, MANIFEST = "dump.sql", "manifest.json"
STORED = re.compile(r"^filestore/([0-9a-f]{2}/[0-9a-f]{40})$")
HARMLESS = re.compile(r"^filestore/(checklist/.*|[0-9a-f]{2}/)?$|^filestore/$")
LONGEST_MANIFEST = 4 << 20
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
HINT = "Nothing was changed; upload an archive that Odoo's database manager or Odoo.sh has made"


@dataclass(frozen=True)
class Limits:
    """How much an archive may hold."""

    max_bytes: int = 200 << 30
    max_ratio: int = 200
    max_files: int = 5_000_000


def refuse(reason: str) -> Failure:
    return Failure(f"The archive is refused: {reason}", HINT)


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive, opened. Raises Failure when it is none or cut off."""
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise Failure(f"There is no archive {path.name}", "Upload it again") from error
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise refuse("it is not a whole zip file") from error


def check_archive(archive: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """{name: member} of what will be unpacked. Raises Failure with one sentence for all that is odd."""
    members = archive.infolist()
    if len(members) > limits.max_files:
        raise refuse(f"it has {len(members)} files, {limits.max_files} are allowed")
    wanted: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        _check_member(member, limits)
        if not HARMLESS.match(member.filename):
            if member.filename in wanted:
                raise refuse(f"it has {member.filename} twice")
            wanted[member.filename] = member
    for name in (DUMP, MANIFEST):
        if name not in wanted:
            raise refuse(f"it has no {name}")
    _check_sizes(wanted, limits)
    return wanted


def _check_member(member: zipfile.ZipInfo, limits: Limits) -> None:
    name, kind = member.filename, member.external_attr >> 16
    shown = name[:80]
    known = name in (DUMP, MANIFEST) or STORED.match(name) or HARMLESS.match(name)
    if not known or ".." in name.split("/") or name.startswith("/") or "\\" in name:
        raise refuse(f"it has an unexpected file “{shown}”")
    if kind and stat.S_IFMT(kind) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse(f"“{shown}” is not a plain file")
    if member.flag_bits & 0x1:
        raise refuse(f"“{shown}” is encrypted")
    if member.compress_type not in METHODS:
        raise refuse(f"“{shown}” is compressed in an unknown way")


def _check_sizes(wanted: dict[str, zipfile.ZipInfo], limits: Limits) -> None:
    """Declared sizes; the unpacking ends at them too, so a lie in them gains nothing."""
    whole = sum(member.file_size for member in wanted.values())
    packed = sum(member.compress_size for member in wanted.values())
    if whole > limits.max_bytes:
        raise refuse(f"it would take {whole} bytes, {limits.max_bytes} are allowed")
    if whole > limits.max_ratio * max(packed, 1):
        raise refuse(f"it would grow to more than {limits.max_ratio} times its size")


def read_manifest(archive: zipfile.ZipFile, wanted: dict, version: str) -> dict:
    """Odoo's manifest. Raises Failure when it is unreadable or of another Odoo than `version`."""
    if wanted[MANIFEST].file_size > LONGEST_MANIFEST:
        raise refuse("its manifest is too long")
    try:
        facts = json.loads(archive.read(wanted[MANIFEST]))
        major, modules = str(facts["major_version"]), dict(facts["modules"])
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError, EOFError) as error:
        raise refuse("its manifest cannot be read") from error
    if facts.get("odoo_dump") not in ("1", 1):
        raise refuse(f"its format is {facts.get('odoo_dump')}, only 1 is known")
    if version and major != version:
        raise refuse(f"it is of Odoo {major}, this environment is of Odoo {version}")
    return {"major_version": major, "modules": modules}
