"""drop: databases nobody uses any more and their files, and the role when the environment goes too."""

from .. import naming
from ..ports import Mount
from . import common

VOLUMES = "/ipai/volumes"


def job(context):
    """Return the job that drops the environment's databases, or the collected ones."""
    if context.run.kind == "destroy":
        role = naming.role(context.platform.instance, context.spec["environment"]["id"])
        return _job(context, context.spec["server"], context.spec.get("databases", ()), role)
    garbage = context.spec["garbage_databases"][int(context.step.name.rpartition("-")[2])]
    return _job(context, garbage["server"], garbage["databases"], None, garbage.get("files", ()))


def is_needless(context):
    """An environment that was never deployed has no server to ask."""
    return context.run.kind == "destroy" and not context.spec.get("server")


def _job(context, server, databases, role, files=()):
    """``files``: a volume and a folder in it, for each database that has files of its own."""
    order = {"server": common.address(server), "databases": list(databases), "role": role}
    order["folders"] = [f"{VOLUMES}/{volume}/{folder}" for volume, folder in files]
    volumes = sorted({volume for volume, _folder in files})
    mounts = tuple(Mount(volume, f"{VOLUMES}/{volume}") for volume in volumes)
    secrets = (common.database_admin(server),)
    capabilities = common.FILES if mounts else ()
    return common.toolbox_job(
        context, "drop", order, mounts=mounts, secrets=secrets, capabilities=capabilities
    )
