"""neutralize: the copy forgets how to reach the world; what cannot be proven safe fails the run."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies


def job(context: StepContext) -> JobSpec:
    """Return the job that neutralises and checks, inside the target's own image."""
    order = {"base_url": context.spec.get("base_url")}
    secrets = (common.run_secret(context, "admin-password"),)
    return copies.odoo_job(context, "neutralize", order, secrets)
