"""boot: Odoo starts on the copy with crons and mail off, and answers its login page."""

from ..plan import StepContext
from ..ports import JobSpec
from . import copies


def job(context: StepContext) -> JobSpec:
    """Return the job that starts the target's own image on the copy, and stops it."""
    return copies.odoo_job(context, "boot", {})
