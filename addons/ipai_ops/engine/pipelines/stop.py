"""stop: an environment's service goes; its data stays as it is, until a restart brings it up again."""

from collections.abc import Mapping

from ..plan import StepPlan


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the one step of a stop."""
    return (StepPlan("withdraw", "withdraw", "Stop the service", timeout_seconds=180, attempts=5),)
