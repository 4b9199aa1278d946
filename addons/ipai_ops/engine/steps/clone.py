"""clone: a snapshot becomes the environment's next database, by reflink where the disk can."""

from .. import naming
from ..plan import StepContext
from ..ports import JobSpec
from . import copies
from .copies import Made


def job(context: StepContext) -> JobSpec:
    """Return the job that clones database and files, with an identity of their own."""
    database, snapshot = copies.working_database(context), context.spec["snapshot"]
    order = {
        "source": snapshot["database"],
        "source_role": naming.quarantine_role(
            context.platform.instance, snapshot["environment_id"]
        ),
        "database": database,
        "role": copies.role(context),
        "source_filestore": f"{copies.SNAPSHOTS}/{snapshot['database']}",
        "filestore": copies.filestore(database),
        "base_url": context.spec.get("base_url"),
    }
    mounts = (copies.files(context), copies.snapshots(context))
    return copies.admin_job(context, "clone", order, mounts)


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return the new database and the volume of its files."""
    return (
        copies.made(context, copies.working_database(context)),
        Made("volume", copies.files(context).source),
    )
