"""drill: once a month the whole way back is walked: the repository is read through, then proven."""

from collections.abc import Mapping
from dataclasses import replace

from ..plan import StepPlan
from .data import BOOT, DISCARD, HOURS, OWN, RESTORE, ROLE

CHECK = StepPlan("check", "check", "Read the repository", timeout_seconds=12 * HOURS)


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the steps of a rehearsal; nothing of it stays."""
    return (CHECK, ROLE, RESTORE, OWN, BOOT, replace(DISCARD, when="always"))
