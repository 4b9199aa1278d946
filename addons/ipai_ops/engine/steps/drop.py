"""drop: databases nobody uses any more, and the role when the environment goes with them."""

from .. import naming
from . import common


def job(context):
    """Return the job that drops the environment's databases, or the collected ones."""
    server, databases, role = _what(context)
    order = {"server": common.address(server), "databases": list(databases), "role": role}
    secrets = (common.database_admin(server),)
    return common.toolbox_job(context, "drop", order, secrets=secrets)


def is_needless(context):
    """An environment that was never deployed has no server to ask."""
    return context.run.kind == "destroy" and not context.spec.get("server")


def _what(context):
    if context.run.kind == "destroy":
        role = naming.role(context.platform.instance, context.spec["environment"]["id"])
        return context.spec["server"], context.spec.get("databases", ()), role
    garbage = context.spec["garbage_databases"][int(context.step.name.rpartition("-")[2])]
    return garbage["server"], garbage["databases"], None
