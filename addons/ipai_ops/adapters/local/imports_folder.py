"""The folder with archives that are to be taken in: names checked, pieces written, leftovers removed.

A file's name begins with its project's code and a dot: so one project never meets another's. What is
still being uploaded ends in ``.part``.
"""

import os
import re
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from .platform_facts import platform

BLOCK = 1 << 20
SPARE_BYTES = 1 << 30
PARTIAL = ".part"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.zip")
ZIP = b"PK\x03\x04"  # how every archive with a member begins (APPNOTE.TXT, 4.3.7)


def folder() -> Path | None:
    """Return the folder, or None where the set-up names none."""
    named = platform().imports_folder
    return Path(named) if named else None


def free_bytes() -> int:
    """Return how much may still come in, leaving some room to the rest of the disk."""
    place = folder()
    if not place or not place.is_dir():
        return 0
    return max(shutil.disk_usage(place).free - SPARE_BYTES, 0)


def new_name(code: str) -> str:
    """Return a name that nobody can guess, of a project's upload."""
    return f"{code}.{secrets.token_hex(16)}.zip"


def listed(code: str) -> dict[str, int]:
    """Return {name: bytes} of the archives that lie ready for a project; links are no archives."""
    place = folder()
    if not place or not place.is_dir():
        return {}
    found = (path for path in place.glob(f"{code}.*.zip") if NAME.fullmatch(path.name))
    return {path.name: path.stat().st_size for path in found if _is_plain(path)}


def size_of(name: str, is_partial: bool = False) -> int:
    """Return the bytes that are there; 0 where there is no such file."""
    path = _path(name, is_partial)
    return path.stat().st_size if _is_plain(path) else 0


def write_piece(name: str, offset: int, stream: BinaryIO) -> int:
    """Write what the stream holds at ``offset``, and nothing behind it; return the bytes there are.

    The same piece twice is as good as once. Raises ValueError where bytes before it are missing.
    """
    path = _path(name, is_partial=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "r+b") as file:
        if offset > os.fstat(file.fileno()).st_size:
            raise ValueError(f"{name} has no {offset} bytes yet")
        file.seek(offset)
        shutil.copyfileobj(stream, file, BLOCK)
        file.truncate()
        return file.tell()


def is_zip(name: str) -> bool:
    """Say whether what is there begins as an archive does."""
    with _path(name, is_partial=True).open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def complete(name: str) -> None:
    """Give the file its name: it is whole. Twice is as good as once."""
    partial = _path(name, is_partial=True)
    if partial.exists():
        partial.replace(_path(name))


def remove(name: str) -> bool:
    """Remove the file, whole or not; say whether nothing of it is left."""
    if not folder():
        return True
    try:
        for is_partial in (True, False):
            _path(name, is_partial).unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _path(name: str, is_partial: bool = False) -> Path:
    place = folder()
    if not place or not NAME.fullmatch(name or ""):
        raise ValueError(f"“{name}” names no archive")
    return place / (name + (PARTIAL if is_partial else ""))


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
