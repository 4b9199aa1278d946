"""renew: data of another installation gets a uuid, a secret and an address of its own."""

from ..plan import StepContext
from ..ports import JobSpec
from . import copies


def job(context: StepContext) -> JobSpec:
    """Return the job that writes the identity; sessions of the original end."""
    order = {
        "database": copies.working_database(context),
        "role": copies.role(context),
        "base_url": context.spec.get("base_url"),
    }
    return copies.admin_job(context, "renew", order)
