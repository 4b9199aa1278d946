"""check: the repository reads its own data and compares it with what it remembers."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies

PERCENT = 100


def job(context: StepContext) -> JobSpec:
    """Return the job that reads the repository through."""
    order = {"repository": copies.repository(context), "percent": PERCENT}
    return common.toolbox_job(
        context,
        "check",
        order,
        mounts=copies.repository_mounts(context),
        secrets=copies.repository_secrets(context),
    )
