"""console: a text of a person, run in the environment's own image beside its data."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies


def job(context: StepContext) -> JobSpec:
    """Return the job that runs it: as Odoo's user, in the environment's network, with its way out."""
    return copies.odoo_job(context, "console", context.spec["console"], common.way_out(context))
