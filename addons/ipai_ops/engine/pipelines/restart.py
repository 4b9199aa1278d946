"""restart: the release that serves is started anew, with today's settings, on the same data."""

from collections.abc import Mapping

from ..plan import StepPlan
from .data import ROLE
from .deploy import RELEASE, SMOKE


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the steps of a restart: no build, no new database, no update."""
    return (ROLE, RELEASE, SMOKE)
