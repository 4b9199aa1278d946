"""Which waiting runs may begin: one at a time per environment, and no more than the slots.

A run waits in a *lane*. What changes an environment (``main``), what turns it back (``data``) and
what copies it (``backup``) exclude each other there; a proof (``proof``) works on a copy elsewhere,
so it excludes only other proofs, as an export (``export``) and what a person types (``console``) do;
none of them takes the last free slot from a deploy. What is read of a target (a *short* lane) is over
in seconds: it may take that slot, and goes before proofs. Base backups (``archive``) are of a server:
they belong to no environment; neither do looks at the disk (``measure``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

# Somebody waits for two; the others free room, or keep it.
KIND_FIRST = ("rollback", "restore", "destroy", "stop")
STAGE_ORDER = {"production": 0, "staging": 1, "development": 2}
LANE_OF = {
    "restore": "data",
    "rollback": "data",
    "backup": "backup",
    "forget": "backup",
    "prove": "proof",
    "drill": "proof",
    "export": "export",
    "base": "archive",
    "watch": "archive",
    "measure": "measure",
    "shell": "console",
    "database_shell": "console",
}
BESIDE = {"proof", "export", "archive", "console", "measure"}
SHORT: set[str] = set()
# They take no slot: neither the archive of production's WAL nor a full disk waits for a deploy.
FREE = {"archive", "measure"}


@dataclass(frozen=True)
class Waiting:
    """A queued run as the scheduler sees it; ``place`` grows with the time it was queued."""

    run_id: int
    environment_id: int | None
    kind: str
    stage: str
    place: int
    lane: str = "main"


def register(kind: str, lane: str, is_beside: bool = False, is_short: bool = False) -> None:
    """Teach the scheduler the lane of a kind; one that is beside excludes only runs of its own lane."""
    LANE_OF[kind] = lane
    if is_beside:
        BESIDE.add(lane)
    if is_short:
        SHORT.add(lane)


def lane_of(kind: str) -> str:
    """Return the lane runs of this kind wait in."""
    return LANE_OF.get(kind, "main")


def startable(
    waiting: Iterable[Waiting], busy: Iterable[tuple[int, str]], free_slots: int
) -> list[int]:
    """Return the ids of the runs to begin now, most urgent first.

    ``busy``: environment and lane of each run that is under way.
    """
    taken: set[tuple[int | None, str]] = {(environment, _side(lane)) for environment, lane in busy}
    ordered = sorted(waiting, key=_urgency)
    free = [run.run_id for run in ordered if run.lane in FREE]
    return free + _in_slots([run for run in ordered if run.lane not in FREE], taken, free_slots)


def _in_slots(
    ordered: Iterable[Waiting], taken: set[tuple[int | None, str]], free_slots: int
) -> list[int]:
    is_idle = not taken
    chosen: list[int] = []
    for run in ordered:
        room = free_slots - len(chosen)
        if room <= 0:
            break
        place = (run.environment_id, _side(run.lane))
        if run.environment_id is not None and place in taken:
            continue
        if run.lane in BESIDE - SHORT and room < 2 and not (is_idle and not chosen):
            continue
        taken.add(place)
        chosen.append(run.run_id)
    return chosen


def _side(lane: str) -> str:
    """Lanes of one side exclude each other in an environment."""
    return lane if lane in BESIDE else "live"


def _urgency(run: Waiting) -> tuple[bool, bool, int, int, int]:
    kind = KIND_FIRST.index(run.kind) if run.kind in KIND_FIRST else len(KIND_FIRST)
    stage = STAGE_ORDER.get(run.stage, len(STAGE_ORDER))
    return (run.lane in BESIDE, run.lane not in SHORT, kind, stage, run.place)
