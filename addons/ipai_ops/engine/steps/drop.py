"""drop: databases nobody uses any more and their files, and the role when the environment goes too."""

from .. import naming
from ..ports import Mount
from . import common

VOLUMES = "/ipai/volumes"


def job(context):
    """Return the job that drops the environment's databases, or the collected ones."""
    if context.run.kind == "destroy":
        number, names = context.spec["environment"]["id"], context.spec.get("databases", ())
        owners = {name: _roles(context, number) for name in names}
        role = naming.role(context.platform.instance, number)
        return _job(context, context.spec["server"], owners, role)
    garbage = context.spec["garbage_databases"][int(context.step.name.rpartition("-")[2])]
    made_for = garbage.get("made_for", {})
    owners = {name: _roles(context, made_for.get(name)) for name in garbage["databases"]}
    return _job(context, garbage["server"], owners, None, garbage.get("files", ()), made_for)


def is_needless(context):
    """An environment that was never deployed has no server to ask."""
    return context.run.kind == "destroy" and not context.spec.get("server")


def _roles(context, environment_id):
    """Return the roles whose databases may go: those of the environment they were made for."""
    if not environment_id:
        return []
    instance = context.platform.instance
    return [naming.role(instance, environment_id), naming.quarantine_role(instance, environment_id)]


def _check_place(context, environment_id, volume):
    """A folder is removed from a volume of its own environment, or from one that all share."""
    instance = context.platform.instance
    places = [naming.snapshots_volume(instance), naming.exports_volume(instance)]
    if environment_id:
        places.append(naming.target_volume(instance, environment_id))
        places.append(naming.quarantine_volume(instance, environment_id))
    if volume not in places:
        raise ValueError(f"{volume} is not a place of environment {environment_id or 'unknown'}")


def _job(context, server, owners, role, files=(), made_for=None):
    """``owners``: each database with the roles one of which must own it.

    ``files``: a volume and a folder in it, for each database that has files of its own.
    """
    order = {"server": common.address(server), "databases": list(owners), "role": role}
    order["owners"] = owners
    order["folders"] = [f"{VOLUMES}/{volume}/{folder}" for volume, folder in files]
    for volume, folder in files:
        _check_place(context, made_for.get(folder.rpartition("/")[2]), volume)
    volumes = sorted({volume for volume, _folder in files})
    mounts = tuple(Mount(volume, f"{VOLUMES}/{volume}") for volume in volumes)
    secrets = (common.database_admin(server),)
    capabilities = common.FILES if mounts else ()
    return common.toolbox_job(
        context, "drop", order, mounts=mounts, secrets=secrets, capabilities=capabilities
    )
