"""Which waiting runs may begin: one at a time per environment, and no more than the slots."""

from collections.abc import Iterable
from dataclasses import dataclass

KIND_FIRST = ("restore", "destroy")  # somebody waits for the first; the second frees room
STAGE_ORDER = {"production": 0, "staging": 1, "development": 2}


@dataclass(frozen=True)
class Waiting:
    """A queued run as the scheduler sees it; ``place`` grows with the time it was queued."""

    run_id: int
    environment_id: int | None
    kind: str
    stage: str
    place: int


def startable(
    waiting: Iterable[Waiting], busy_environments: Iterable[int], free_slots: int
) -> list[int]:
    """Return the ids of the runs to begin now, most urgent first."""
    taken = set(busy_environments)
    chosen = []
    for run in sorted(waiting, key=_urgency):
        if len(chosen) >= free_slots:
            break
        if run.environment_id is not None and run.environment_id in taken:
            continue
        taken.add(run.environment_id)
        chosen.append(run.run_id)
    return chosen


def _urgency(run):
    kind = KIND_FIRST.index(run.kind) if run.kind in KIND_FIRST else len(KIND_FIRST)
    return (kind, STAGE_ORDER.get(run.stage, len(STAGE_ORDER)), run.place)
