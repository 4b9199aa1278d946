"""backup: one whole copy into the repository; the proof that follows is a run of its own."""

from collections.abc import Mapping

from ..plan import StepPlan
from .data import HOURS


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the one step of a backup."""
    return (StepPlan("backup", "backup", "Back up", timeout_seconds=12 * HOURS),)
