"""watch: the reach of a production server's archive, and how far it is behind."""

from .. import naming
from ..plan import StepContext
from ..ports import JobSpec, Mount
from . import common, copies


def job(context: StepContext) -> JobSpec:
    """Return the job that asks archive and server; what is written so far is archived first."""
    address, password = copies.server(context)
    return common.toolbox_job(
        context,
        "pitr_status",
        {"server": address, "switch": True},
        image=context.platform.images.get("postgres", ""),
        mounts=(Mount(naming.wal_volume(context.platform.instance), copies.WAL),),
        secrets=(password,),
        capabilities=copies.OF_POSTGRES,
    )
