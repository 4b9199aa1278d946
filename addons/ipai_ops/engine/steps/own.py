"""own: nobody but its role may connect to the new database."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies


def job(context: StepContext) -> JobSpec:
    """Return the job that closes the copy to everyone but its role."""
    order = {
        "database": copies.working_database(context),
        "role": copies.role(context),
        "create": False,
    }
    return copies.admin_job(context, "database", order, secrets=(common.odoo_conf(context),))
