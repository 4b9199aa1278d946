"""base: a base backup of a whole production cluster goes into its WAL archive."""

from .. import naming
from ..plan import StepContext
from ..ports import JobSpec, Mount
from . import common, copies

CLUSTER = "/var/lib/postgresql"


def job(context: StepContext) -> JobSpec:
    """Return the job that takes the base backup and removes what is too old."""
    spec, instance = context.spec, context.platform.instance
    order = {"kind": spec["base"]["kind"], "retention_days": spec["base"]["days"]}
    cluster = Mount(naming.server_volume(instance, spec["server"]["name"]), CLUSTER)
    return common.toolbox_job(
        context,
        "pitr_base",
        order,
        image=context.platform.images.get("postgres", ""),
        mounts=(cluster, Mount(naming.wal_volume(instance), copies.WAL)),
        capabilities=copies.OF_POSTGRES,
    )
