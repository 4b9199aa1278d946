"""watch: which times of production can be asked for, and whether its WAL is archived."""

from collections.abc import Mapping

from ..plan import StepPlan
from .base import WATCH


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the one step of a look."""
    return (WATCH,)
