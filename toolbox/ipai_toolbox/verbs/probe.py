"""Health check inside a target: healthy when Odoo answers and its registry loads.

Docker 20 knows one interval for all of a container's life, and a release waits for the first good
answer: so the interval is short, and a healthy target that is no longer young answers slowly.
"""

import http.client
import os
import time
from pathlib import Path

TIMEOUT_SECONDS = 8
YOUNG_SECONDS = 60
CALM_SECONDS = 15
START_TIME_FIELD = (
    19  # of /proc/1/stat after the program's name, in clock ticks since boot: proc(5)
)


def main(environ=os.environ, sleep=time.sleep) -> int:
    port = int(environ.get("IPAI_PROBE_PORT") or 8069)
    healthy = _status(port, "/web/health") == 200 and _status(port, "/web/login") < 500
    if healthy and _age_seconds() > YOUNG_SECONDS:
        sleep(CALM_SECONDS)
    return 0 if healthy else 1


def _age_seconds() -> float:
    """How long this container has been running."""
    fields = Path("/proc/1/stat").read_text().rpartition(")")[2].split()
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return uptime - int(fields[START_TIME_FIELD]) / os.sysconf("SC_CLK_TCK")


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 599
    finally:
        connection.close()
