"""mask: persons in the copy become other persons, the same ones everywhere; a leak fails the run."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies


def job(context: StepContext) -> JobSpec:
    """Return the job that masks and looks for originals that survived."""
    masking = context.spec.get("masking") or {}
    order = {"policy": dict(masking.get("policy", {})), "languages": masking.get("languages", [])}
    return copies.odoo_job(context, "mask", order, (common.run_secret(context, "masking-key"),))
