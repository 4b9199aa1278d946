"""The keys that seal secrets: a file outside the database, so that a dump alone opens nothing."""

import os
from pathlib import Path

from odoo.tools import config

from ..protocol import sealing

NAME = "ipai_auth_oidc.key"
VARIABLE = "IPAI_OIDC_KEY_FILE"


def path():
    """Return where the key file is: IPAI_OIDC_KEY_FILE, else in Odoo's data folder."""
    return Path(os.environ.get(VARIABLE) or Path(config["data_dir"]) / NAME)


def keys():
    """Return the keys, the sealing one first; the first call makes the file."""
    place = path()
    try:
        return sealing.read_keys(place.read_text(encoding="ascii"))
    except FileNotFoundError:
        return _make(place)
    except OSError as exc:
        raise sealing.KeyMissing(f"the key file {place} cannot be read") from exc


def _make(place):
    if os.environ.get(VARIABLE):
        raise sealing.KeyMissing(f"the key file {place} is not there")
    line = sealing.new_key()
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another worker was faster
        return sealing.read_keys(place.read_text(encoding="ascii"))
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(line + "\n")
    return sealing.read_keys(line)
