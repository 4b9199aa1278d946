"""destroy: an environment leaves the edge, then its service, databases, role and files go."""

from collections.abc import Mapping

from ..plan import StepPlan


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the steps of a destruction, outermost first, so that nobody meets a half."""
    return (
        StepPlan("withdraw", "withdraw", "Stop the service", timeout_seconds=180, attempts=5),
        StepPlan("drop", "drop", "Drop databases", timeout_seconds=300),
        StepPlan("sweep", "sweep", "Delete files", timeout_seconds=300),
    )
