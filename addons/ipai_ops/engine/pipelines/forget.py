"""forget: backups that the retention gave up leave the repository."""

from collections.abc import Mapping

from ..plan import StepPlan
from .data import HOURS


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the one step of a clearing."""
    return (StepPlan("forget", "forget", "Remove old backups", timeout_seconds=4 * HOURS),)
