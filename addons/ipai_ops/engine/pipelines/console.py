"""shell, database_shell: what a person typed runs beside the environment's data, once."""

from collections.abc import Mapping

from ..plan import StepPlan

START_SECONDS = 120  # until the job's container runs and the database answers


def steps(spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the one step. What a command had done when it was cut off is not known: one attempt."""
    seconds = 60 * spec["console"]["minutes"] + START_SECONDS
    return (StepPlan("console", "console", "Command", timeout_seconds=seconds, attempts=1),)
