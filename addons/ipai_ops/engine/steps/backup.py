"""backup: database, filestore and manifest go into the project's repository, whole or not at all."""

from ..ports import Mount
from . import common, copies


def job(context):
    """Return the job that takes the backup; it reads the files and cannot write them."""
    spec, database = context.spec, common.database(context)
    order = {
        "database": database,
        "filestore": copies.filestore(database),
        "repository": copies.repository(context),
        "tags": {
            "project": spec["project"]["code"],
            "environment": spec["environment"]["slug"],
            "run": str(context.run.id),
        },
        "app": {"image": common.built(context).get("image", ""), "commit": spec.get("commit")},
    }
    files = copies.files(context)
    mounts = (Mount(files.source, files.target, read_only=True), *copies.repository_mounts(context))
    return copies.admin_job(context, "backup", order, mounts, copies.repository_secrets(context))
