"""drop: databases nobody uses any more and their files, and the role when the environment goes too."""

from collections.abc import Iterable, Mapping

from .. import naming, volumes
from ..plan import StepContext
from ..ports import JobSpec, Mount
from . import common

VOLUMES = "/ipai/volumes"


def job(context: StepContext) -> JobSpec:
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


def is_needless(context: StepContext) -> bool:
    """An environment that was never deployed has no server to ask."""
    return context.run.kind == "destroy" and not context.spec.get("server")


def _roles(context: StepContext, environment_id: int | None) -> list[str]:
    """Return the roles whose databases may go: those of the environment they were made for."""
    if not environment_id:
        return []
    instance = context.platform.instance
    return [naming.role(instance, environment_id), naming.quarantine_role(instance, environment_id)]


def _place(context: StepContext, environment_id: int | None, volume: str) -> Mount:
    """Return the mount of a volume of the environment, or of one that all share; no other is."""
    instance, target = context.platform.instance, f"{VOLUMES}/{volume}"
    if volume in (naming.snapshots_volume(instance), naming.exports_volume(instance)):
        return Mount(volume, target)
    own = (naming.target_volume, naming.quarantine_volume)
    if environment_id and volume in [name(instance, environment_id) for name in own]:
        return volumes.owned(instance, environment_id, None, volume, target)
    raise ValueError(f"{volume} is not a place of environment {environment_id or 'unknown'}")


def _job(
    context: StepContext,
    server: Mapping,
    owners: Mapping[str, list[str]],
    role: str | None,
    files: Iterable[tuple[str, str]] = (),
    made_for: Mapping[str, int] | None = None,
) -> JobSpec:
    """``owners``: each database with the roles one of which must own it.

    ``files``: a volume and a folder in it, for each database that has files of its own; ``made_for``:
    the environment of each database.
    """
    order = {
        "server": common.address(server),
        "databases": list(owners),
        "role": role,
        "owners": owners,
        "folders": [f"{VOLUMES}/{volume}/{folder}" for volume, folder in files],
    }
    places = {
        volume: _place(context, (made_for or {}).get(folder.rpartition("/")[2]), volume)
        for volume, folder in files
    }
    mounts = tuple(places[volume] for volume in sorted(places))
    secrets = (common.database_admin(server),)
    capabilities = common.FILES if mounts else ()
    return common.toolbox_job(
        context, "drop", order, mounts=mounts, secrets=secrets, capabilities=capabilities
    )
