"""park: the clean copy becomes a snapshot, from which clones are made in no time."""

from ..plan import StepContext
from ..ports import JobSpec
from . import copies
from .copies import Made


def job(context: StepContext) -> JobSpec:
    """Return the job that renames the database and moves the files to the snapshots."""
    database, parked = copies.working_database(context), copies.copy_name(context, "s")
    order = {
        "database": database,
        "role": copies.role(context),
        "snapshot_database": parked,
        "filestore": copies.filestore(database),
        "snapshot_filestore": f"{copies.SNAPSHOTS}/{parked}",
    }
    mounts = (copies.files(context), copies.snapshots(context))
    return copies.admin_job(context, "park", order, mounts)


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return the parked database; the snapshots' volume belongs to the installation."""
    parked, volume = copies.copy_name(context, "s"), copies.snapshots(context).source
    return (Made("database", parked, f"{volume}/{parked}"),)
