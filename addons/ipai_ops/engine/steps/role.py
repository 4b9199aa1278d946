"""role: the role that will own a copy or starts its Odoo anew, and its bus database, made before."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies
from .copies import Made


def job(context: StepContext) -> JobSpec:
    """Return the job that makes the role; twice is as good as once."""
    order = {
        "role": copies.role(context),
        "database": copies.working_database(context),
        "bus": bool(copies.bus(context)),
        "role_only": True,
    }
    return copies.admin_job(context, "database", order, secrets=(common.odoo_conf(context),))


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return the database by which the environment's processes talk; a trial has none."""
    return copies.bus(context)
