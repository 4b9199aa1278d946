"""withdraw: the environment's service is taken away; its data is still whole afterwards."""

from .. import naming
from ..plan import StepContext
from ..ports import JobSpec
from . import common


def job(context: StepContext) -> JobSpec:
    """Return the job that removes the service and waits until its containers are gone."""
    platform = context.platform
    name = naming.target(platform.instance, context.spec["environment"]["id"])
    return common.toolbox_job(
        context, "sweep", {"services": [name]}, mounts=(common.docker_socket(),)
    )
