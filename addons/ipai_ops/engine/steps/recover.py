"""recover: production's database as it was at a moment becomes a new database, with today's files."""

from .. import naming, volumes
from ..plan import StepContext
from ..ports import JobSpec, Mount
from . import common, copies
from .restore import makes

__all__ = ["job", "makes"]

SOURCE = "/ipai/source"


def job(context: StepContext) -> JobSpec:
    """Return the job that replays the archive in a private folder and moves the one database."""
    moment, instance = context.spec["moment"], context.platform.instance
    database, (address, password) = copies.working_database(context), copies.server(context)
    order = {
        "server": address,
        "source_database": moment["database"],
        "source_role": naming.role(instance, moment["environment_id"]),
        "database": database,
        "role": copies.role(context),
        "time": moment["time"],
        "filestore": copies.filestore(database),
        "source_filestore": f"{SOURCE}/filestore/{moment['database']}",
    }
    number = moment["environment_id"]
    name = naming.target_volume(instance, number)
    files = volumes.owned(instance, number, None, name, SOURCE, read_only=True)
    return common.toolbox_job(
        context,
        "pitr_restore",
        order,
        image=context.platform.images.get("postgres", ""),
        mounts=(
            copies.files(context),
            files,
            Mount(naming.wal_volume(instance), copies.WAL),
        ),
        secrets=(password,),
        memory_bytes=copies.JOB_MEMORY_BYTES,
        capabilities=copies.OF_POSTGRES,
    )
