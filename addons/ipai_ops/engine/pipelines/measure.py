"""measure: how much of the disk the environments of a database server take."""

from collections.abc import Mapping

from ..plan import StepPlan


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the one step of a look."""
    return (StepPlan("measure", "measure", "Measure the disk", timeout_seconds=1800),)
