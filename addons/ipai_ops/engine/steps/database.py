"""database: the role and the empty database, made where they are missing."""

from .. import naming
from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies
from .copies import Made


def job(context: StepContext) -> JobSpec:
    """Return the job that makes role and database; twice is as good as once."""
    server, environment = context.spec["server"], context.spec["environment"]
    order = {
        "server": common.address(server),
        "database": common.database(context),
        "role": naming.role(context.platform.instance, environment["id"]),
        "create": True,
        "bus": True,
    }
    secrets = (common.database_admin(server), common.odoo_conf(context))
    return common.toolbox_job(context, "database", order, secrets=secrets)


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return the environment's database and the one its processes talk by."""
    return (copies.made(context, common.database(context)), *copies.bus(context))
