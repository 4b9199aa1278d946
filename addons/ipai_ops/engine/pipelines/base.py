"""base: a base backup of a production server, from which its WAL is replayed; then the reach."""

from collections.abc import Mapping

from ..plan import StepPlan
from .data import HOURS

WATCH = StepPlan("watch", "watch", "Look at the archive", timeout_seconds=300)


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the steps of a base backup."""
    return (StepPlan("base", "base", "Base backup", timeout_seconds=12 * HOURS), WATCH)
