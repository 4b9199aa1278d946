"""Health check inside a target: healthy when Odoo answers and its registry loads."""

import http.client
import os

TIMEOUT_SECONDS = 8


def main(environ=os.environ) -> int:
    port = int(environ.get("IPAI_PROBE_PORT") or 8069)
    healthy = _status(port, "/web/health") == 200 and _status(port, "/web/login") < 500
    return 0 if healthy else 1


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 599
    finally:
        connection.close()
