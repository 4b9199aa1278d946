"""What a container of ours does first: it gives up what it does not need, and takes no orders from its image.

The runtime gives limits, capabilities and a read-only root. What it cannot do everywhere is asked of
the kernel here: Docker before 26 has no “no new privileges” for Swarm's services (prctl(2), proc(5)).
"""

import ctypes
import os
import pwd
import re
from contextlib import suppress
from pathlib import Path

from .outcome import Failure

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
DIES_FIRST = (
    "500"  # of 1000: a target goes before the engine and the databases when memory is short
)
DATA_FOLDER = "/var/lib/odoo"
OURS = (DATA_FOLDER, "/run/secrets", "/ipai")
ANONYMOUS = re.compile(r"/volumes/[0-9a-f]{64}/_data$")
MOUNTS = Path("/proc/self/mountinfo")


def harden(environ=os.environ) -> None:
    """No program started from here gains a privilege, and no variable of the image reaches libpq.

    What this process knows (its order, its secrets) is not read by others of the same user.
    """
    for name in [name for name in environ if name.startswith("PG")]:
        del environ[name]
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    kernel.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_first() -> None:
    """Be chosen before the platform's own services when the machine has no memory left."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(DIES_FIRST, encoding="ascii")


def person(name: str) -> pwd.struct_passwd:
    """The user of the image. Raises Failure when there is none, or when it is root."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        found = None
    if found is None or found.pw_uid == 0:
        raise Failure(
            f"The image has no user {name}, or it is root",
            f"Add a line to the Dockerfile: RUN useradd --system --home-dir {DATA_FOLDER} {name}",
        )
    return found


def become(user: pwd.struct_passwd) -> None:
    """Leave root behind for good, with all its capabilities."""
    os.setgroups(os.getgrouplist(user.pw_name, user.pw_gid))
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)


def refuse_hidden_folders(mounts: str | None = None) -> None:
    """Stop where the image's VOLUME lies over our folders: what is written there is lost with the container.

    Raises Failure.
    """
    lines = (MOUNTS.read_text(encoding="utf-8") if mounts is None else mounts).splitlines()
    for source, target in (line.split()[3:5] for line in lines):
        inside = next((place for place in OURS if target.startswith(f"{place}/")), None)
        if inside and ANONYMOUS.search(source):
            raise Failure(
                f"The image declares the volume {target}: it would hide what belongs in {inside}",
                f"Take “VOLUME {target}” out of the Dockerfile, then push again",
            )
