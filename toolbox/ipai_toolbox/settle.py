"""A job in a project's own image: its volume is handed over, and root is given up before anything else runs.

Its spool lies in that volume, under a folder of the project's. So it is shut first: the project's code
neither reads what other runs said nor writes lines that a later attempt would print as ours.
"""

import os
import shutil
from pathlib import Path

from .container import become, die_first, harden, person, refuse_hidden_folders
from .folders import own
from .odoo_command import own_data_folder
from .places import Places

ROOT = 0


def shut(spool: Path, name: str | None) -> Path:
    """Make the spool root's alone; return a path to it that nobody can lead elsewhere meanwhile.

    What somebody else put in its place goes. Without a `name` to become, the spool is as it was.
    """
    if not name or os.getuid() != ROOT:
        return spool
    _clear(spool)
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(spool, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    if os.fstat(descriptor).st_uid != ROOT:
        raise PermissionError(f"{spool} was exchanged meanwhile")
    os.fchmod(descriptor, 0o700)
    return Path(f"/proc/self/fd/{descriptor}")


def settled(verb, places: Places, name: str | None, spool: Path):
    """The verb, done as the image's user `name`; without a name it is done as it is."""
    if not name or os.getuid() != ROOT:
        return verb

    def run(job):
        settle(places, name, spool)
        return verb(job)

    return run


def settle(places: Places, name: str, spool: Path) -> None:
    """Be the image's user `name` from now on. Raises Failure."""
    refuse_hidden_folders()
    user = person(name)
    own_data_folder(places, user)
    own(spool, ROOT, ROOT)  # a fresh volume was handed over with it
    become(user)
    harden()  # with a change of user the kernel forgets that nobody may look into this process
    die_first()


def _clear(spool: Path) -> None:
    if spool.is_symlink() or (spool.exists() and not spool.is_dir()):
        spool.unlink()
    elif spool.exists() and spool.lstat().st_uid != ROOT:
        shutil.rmtree(spool)
