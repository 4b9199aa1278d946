"""Keys outside the database: where they are, and how a first one is made."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

VARIABLES = {"audit": "IPAI_AUDIT_KEY_FILE", "secrets": "IPAI_SECRETS_KEY_FILE"}


@dataclass(frozen=True)
class KeyFile:
    """The file of a key: named by an environment variable, else below ``data_folder``."""

    purpose: str
    database: str
    data_folder: str

    @property
    def path(self) -> Path:
        named = os.environ.get(VARIABLES[self.purpose])
        if named:
            return Path(named)
        return Path(self.data_folder, "ipai-keys", self.database, self.purpose)

    def read(self) -> str:
        """Return the file's text, or an empty text where there is none."""
        return self.path.read_text(encoding="utf-8") if self.path.is_file() else ""

    def add_key(self) -> None:
        """Put a new key first in the file, whole or not at all; only its owner may read it."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_private(self.path, f"{secrets.token_urlsafe(32)}\n{self.read()}")


def _write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    partial = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)
