"""Odoo's filestore: files named by the SHA-1 of their content, never rewritten in place."""

import hashlib
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from .file_digest import file_digest
from .outcome import Failure

NAMED_BY_CONTENT = re.compile(r"^[0-9a-f]{2}/[0-9a-f]{40}$")
READERS = 4


@dataclass(frozen=True)
class Census:
    """Number, bytes and a checksum over names and sizes of a filestore's files."""

    files: int
    bytes: int
    entries: str

    def facts(self) -> dict:
        return asdict(self)


def census(folder: Path) -> Census:
    """Count a filestore; a folder that is not there counts as an empty one."""
    entries = sorted(f"{name} {size}" for name, size in entries_of(folder))
    sizes = (int(entry.rpartition(" ")[2]) for entry in entries)
    digest = hashlib.sha256("\n".join(entries).encode("utf-8", "surrogateescape")).hexdigest()
    return Census(len(entries), sum(sizes), digest)


def entries_of(folder: Path) -> Iterator[tuple[str, int]]:
    """Relative names and sizes of the files Odoo stores."""
    for place, _folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(place, name)
            shown = os.path.relpath(path, folder)
            if not name.startswith(".ipai-") and not os.path.islink(path):
                yield shown, os.lstat(path).st_size


def check_contents(folder: Path) -> None:
    """Read every file again: its name is the checksum of its content. Raises Failure."""
    names = [name for name, _size in entries_of(folder) if NAMED_BY_CONTENT.match(name)]
    with ThreadPoolExecutor(READERS) as pool:
        digests = pool.map(lambda name: file_digest(folder / name, "sha1"), names)
        for name, digest in zip(names, digests, strict=True):
            if digest != name.rpartition("/")[2]:
                raise Failure(
                    f"The file {name} of the filestore has another content than its name says",
                    "This copy is not usable: take another backup, and check the disk it lay on",
                )
