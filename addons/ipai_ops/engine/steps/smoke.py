"""smoke: a stranger's first visit, through the edge."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common


def job(context: StepContext) -> JobSpec:
    """Return the job that opens the login page and the websocket through the edge."""
    platform, environment = context.platform, context.spec["environment"]
    order = {
        "url": f"http://{platform.instance}-edge",
        "host": platform.authority(environment["host"]),
        "scheme": platform.scheme,
        "paths": ["/web/health", "/web/login"],
        "deadline_seconds": 90,
        "closed": bool(environment.get("closed")),
    }
    return common.toolbox_job(context, "smoke", order)
