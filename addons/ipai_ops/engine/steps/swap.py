"""swap: the new data takes the live name, what was live is kept aside."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies
from .copies import Made


def job(context: StepContext) -> JobSpec:
    """Return the job that exchanges the names; interrupted, the next attempt completes it."""
    return exchange(context, incoming(context), copies.copy_name(context, "a"))


def incoming(context: StepContext) -> str:
    """Return what is swapped in: the restore point to go back to, or the run's own copy."""
    point = context.spec.get("point")
    return point["database"] if point else copies.working_database(context)


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return what is kept aside, and the live name, which may be new here."""
    names = (copies.copy_name(context, "a"), common.database(context))
    return tuple(copies.made(context, name) for name in names)


def exchange(context: StepContext, incoming_database: str, aside: str) -> JobSpec:
    """Return the job that swaps ``incoming_database`` in and keeps what served as ``aside``."""
    order = {
        "database": common.database(context),
        "incoming": incoming_database,
        "aside": aside,
        "role": copies.role(context),
        "filestore_root": copies.FILESTORE,
    }
    return copies.admin_job(context, "swap", order, (copies.files(context),))
