"""database: the role and the empty database, made where they are missing."""

from .. import naming
from . import common, copies


def job(context):
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


def makes(context):
    """Return the environment's database and the one its processes talk by."""
    return (copies.made(context, common.database(context)), *copies.bus(context))
