"""The checksum of a file, read in pieces."""

import hashlib
from pathlib import Path

BLOCK = 1 << 20


def file_digest(path: Path, algorithm: str) -> str:
    """The checksum as hex digits. Python's own hashlib.file_digest is there from 3.11 on only."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
