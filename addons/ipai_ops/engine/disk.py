"""What an environment's use of the disk means: nothing, a warning, or that it has to stop.

A limit is judged by measuring: most file systems give a Docker volume no quota, and databases share
their server's volume.
"""

GIGABYTE = 10**9
NEAR = 0.8
FREE, OK, NEARLY, FULL = "free", "ok", "near", "full"
# What may still be done with an environment that has no room left: less data, or none.
MAKING_ROOM = ("destroy", "stop")


def level(used_bytes: float, limit_gb: int) -> str:
    """Return how full it is: ``free`` without a limit, else ``ok``, ``near`` or ``full``."""
    if not limit_gb:
        return FREE
    share = used_bytes / (limit_gb * GIGABYTE)
    return FULL if share >= 1 else NEARLY if share >= NEAR else OK


def has_to_stop(state: str, found: str, is_busy: bool) -> bool:
    """Say whether the environment's service goes now; what is under way there ends first."""
    return found == FULL and state == "up" and not is_busy


def may_begin(kind: str, lane: str, is_held: bool, found: str) -> bool:
    """Say whether a run may begin: one that deploys would go on writing where there is no room.

    Restores and rollbacks may (they bring other data), and so may consoles, which free room.
    """
    return not is_held or found != FULL or lane != "main" or kind in MAKING_ROOM


def shown(used_bytes: float) -> str:
    """Return a size for people, in GB with one decimal."""
    return f"{used_bytes / GIGABYTE:.1f}"
