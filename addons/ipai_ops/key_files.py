"""Keys outside the database: where they are, and how a first one is made."""

import os
import secrets
from pathlib import Path

from odoo.tools import config

VARIABLES = {"audit": "IPAI_AUDIT_KEY_FILE", "secrets": "IPAI_SECRETS_KEY_FILE"}


def path(purpose, database):
    """Return the file of a key: named by an environment variable, else in Odoo's data folder."""
    named = os.environ.get(VARIABLES[purpose])
    return Path(named) if named else Path(config["data_dir"], "ipai-keys", database, purpose)


def read(purpose, database):
    """Return the text of a key file, or an empty text where there is none."""
    file = path(purpose, database)
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def prepend_line(purpose, database, line):
    """Put ``line`` first in a key file, whole or not at all; only its owner may read it."""
    file = path(purpose, database)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(file, f"{line}\n{read(purpose, database)}")


def random_line():
    return secrets.token_urlsafe(32)


def write_private(file, text):
    """Write a file that only its owner may read, whole or not at all."""
    partial = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)
