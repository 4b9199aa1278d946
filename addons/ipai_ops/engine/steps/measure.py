"""measure: how much of the disk the environments of one database server take, files and databases."""

from .. import naming, volumes
from ..plan import StepContext
from ..ports import JobSpec, Mount
from . import common

VOLUMES = "/ipai/volumes"


def job(context: StepContext) -> JobSpec:
    """Return the job that looks: it reads names and sizes, and writes nothing."""
    instance, measured = context.platform.instance, context.spec["measured"]
    order: dict[str, dict[str, str]] = {}
    mounts: list[Mount] = []
    for environment in measured:
        number = environment["id"]
        volume = naming.target_volume(instance, number)
        place = f"{VOLUMES}/{volume}"
        project = environment.get("project")
        mounts.append(volumes.owned(instance, number, project, volume, place, read_only=True))
        order[str(number)] = {
            "files": place,
            "database": environment["database"],
            "role": naming.role(instance, number),
        }
    return common.toolbox_job(
        context,
        "measure",
        {"server": common.address(context.spec["server"]), "environments": order},
        mounts=tuple(mounts),
        secrets=(common.database_admin(context.spec["server"]),),
        capabilities=("DAC_OVERRIDE",),
    )


def is_needless(context: StepContext) -> bool:
    """Environments may have gone since the look was queued."""
    return not context.spec["measured"]
