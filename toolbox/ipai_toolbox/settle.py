"""A job in a project's own image: its volume is handed over, and root is given up before anything else runs."""

import os
from pathlib import Path

from .container import become, die_first, harden, person, refuse_hidden_folders
from .folders import own
from .odoo_command import own_data_folder
from .places import Places


def settle(places: Places, name: str | None) -> None:
    """Be the image's user `name` from now on; without a name nothing changes. Raises Failure."""
    if not name or os.getuid() != 0:
        return
    refuse_hidden_folders()
    user = person(name)
    own_data_folder(places, user)
    _own_spool(places.spool, user)
    become(user)
    harden()  # with a change of user the kernel forgets that nobody may look into this process
    die_first()


def _own_spool(spool: Path, user) -> None:
    """Earlier attempts may have been root's; a link in its place leads nowhere of ours."""
    if spool.is_symlink():
        spool.unlink()
    spool.mkdir(parents=True, exist_ok=True)
    own(spool, user.pw_uid, user.pw_gid)
