"""backup: database, filestore and manifest go into the project's repository, whole or not at all."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies


def job(context: StepContext) -> JobSpec:
    """Return the job that takes the backup; its dump lies beside the files meanwhile."""
    spec = context.spec
    order = {
        "database": common.database(context),
        "role": copies.role(context),
        "repository": copies.repository(context),
        "tags": {
            "project": spec["project"]["code"],
            "environment": spec["environment"]["slug"],
            "run": str(context.run.id),
        },
        "app": {"image": common.built(context).get("image", ""), "commit": spec.get("commit")},
    }
    mounts = (copies.files(context), *copies.repository_mounts(context))
    return copies.admin_job(context, "backup", order, mounts, copies.repository_secrets(context))
