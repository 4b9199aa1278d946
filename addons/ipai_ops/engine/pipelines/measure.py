"""measure: how much of the disk the environments of a database server take."""

from ..plan import StepPlan


def steps(_spec):
    """Return the one step of a look."""
    return (StepPlan("measure", "measure", "Measure the disk", timeout_seconds=1800),)
