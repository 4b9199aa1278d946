"""forget: backups that the retention gave up leave the repository."""

from ..plan import StepPlan
from .data import HOURS


def steps(_spec):
    """Return the one step of a clearing."""
    return (StepPlan("forget", "forget", "Remove old backups", timeout_seconds=4 * HOURS),)
