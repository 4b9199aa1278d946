"""forget: backups that the retention gave up leave the repository."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies


def job(context: StepContext) -> JobSpec:
    """Return the job that removes the snapshots and frees their room."""
    order = {"repository": copies.repository(context), "snapshots": context.spec["snapshots"]}
    return common.toolbox_job(
        context,
        "forget",
        order,
        mounts=copies.repository_mounts(context),
        secrets=copies.repository_secrets(context),
    )
