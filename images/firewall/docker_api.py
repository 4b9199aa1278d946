"""Asks Docker over its socket: a few GETs and the stream of events, by the standard library alone."""

import http.client
import json
import socket
from urllib.parse import quote

SOCKET = "/var/run/docker.sock"
TIMEOUT_SECONDS = 20
STIRRING = {"type": ["container", "network"], "event": ["start", "die", "connect", "disconnect"]}


class _Connection(http.client.HTTPConnection):
    def __init__(self, timeout):
        super().__init__("docker", timeout=timeout)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def get(path):
    """The JSON answer, None where Docker does not know it. Raises OSError."""
    connection = _Connection(TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"Docker broke off: {error}") from error
    finally:
        connection.close()
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise OSError(f"Docker answers {answer.status}: {body[:200].decode(errors='replace')}")
    return json.loads(body)


def containers():
    return get("/containers/json")


def network(name, is_verbose=False):
    return get(f"/networks/{quote(name)}" + ("?verbose=true" if is_verbose else ""))


def stirrings():
    """Yield whenever a container comes, goes or changes its networks; ends with the connection."""
    connection = _Connection(None)
    try:
        connection.request("GET", f"/events?filters={quote(json.dumps(STIRRING))}")
        answer = connection.getresponse()
        while answer.readline():
            yield
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()
