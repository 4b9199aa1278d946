"""restore: a backup becomes a new database with its files, compared with its manifest."""

from ..plan import StepContext
from ..ports import JobSpec
from . import copies
from .copies import Made


def job(context: StepContext) -> JobSpec:
    """Return the job that restores and compares; it never touches another database."""
    database = copies.working_database(context)
    order = {
        "database": database,
        "role": copies.role(context),
        "filestore": copies.filestore(database),
        "repository": copies.repository(context),
        "snapshot": context.spec["backup"]["snapshot"],
    }
    mounts = (copies.files(context), *copies.repository_mounts(context))
    return copies.admin_job(context, "restore", order, mounts, copies.repository_secrets(context))


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return the new database and the volume of its files."""
    return (
        copies.made(context, copies.working_database(context)),
        Made("volume", copies.files(context).source),
    )
