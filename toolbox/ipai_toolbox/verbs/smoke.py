"""Tries a target as a browser would: pages, login form, websocket."""

import base64
import http.client
import os
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from ..job import Job
from ..outcome import Failure

TIMEOUT_SECONDS = 10
PAUSE_SECONDS = 0.5
LOGIN = "/web/login"
Check = tuple[str, Callable[[], str]]  # a path, and what tells what is wrong with it


@dataclass(frozen=True)
class Door:
    """How to reach the target: the edge's address, and the host name to ask for."""

    scheme: str
    address: str
    port: int
    host: str

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.sock = self._connection()
            connection.request("GET", path, headers={"Host": self.host, "User-Agent": "ipai-smoke"})
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def websocket_status(self) -> int:
        """The status of a websocket handshake: 101 when it was accepted."""
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {
            "Host": self.host,
            "Origin": f"{self.scheme}://{self.host}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
        }
        lines = [
            "GET /websocket HTTP/1.1",
            *(f"{key}: {value}" for key, value in headers.items()),
            "",
            "",
        ]
        with self._connection() as connection:
            connection.sendall("\r\n".join(lines).encode())
            status = connection.makefile("rb").readline().split()
        return int(status[1]) if len(status) > 1 and status[1].isdigit() else 0

    def _connection(self) -> socket.socket:
        plain = socket.create_connection((self.address, self.port), timeout=TIMEOUT_SECONDS)
        if self.scheme != "https":
            return plain
        return _private_tls().wrap_socket(plain, server_hostname=self.host.partition(":")[0])


def run(job: Job) -> dict:
    started = time.monotonic()
    door = door_to(job.spec.text("url"), job.spec.text("host"), job.spec.maybe_text("scheme"))
    paths = job.spec.texts("paths") or ["/web/health", LOGIN]
    deadline = started + float(job.spec.get("deadline_seconds") or 60)
    closed = bool(job.spec.get("closed"))
    checks: list[Check] = [(path, partial(check_page, door, path, closed)) for path in paths]
    if job.spec.get("websocket", True) and not closed:
        checks.append(("/websocket", partial(check_websocket, door)))
    for number, (name, check) in enumerate(checks, start=1):
        _until_good(check, deadline, door)
        job.events.progress(number / len(checks), f"{door.host}{name} answers")
    return {"seconds": round(time.monotonic() - started, 2)}


def door_to(url: str, host: str, scheme: str = "") -> Door:
    """The edge at `url`; people's scheme decides the port where the address names none."""
    parts = urlsplit(url)
    scheme = scheme or parts.scheme or "http"
    port = parts.port or (443 if scheme == "https" else 80)
    return Door(scheme, parts.hostname or "", port, host)


def _private_tls() -> ssl.SSLContext:
    """TLS to our own edge inside the cluster's network: its certificate is for people's eyes."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def check_page(door: Door, path: str, closed: bool = False) -> str:
    """What is wrong with a page; an empty text when it is good."""
    try:
        status, text = door.get(path)
    except (OSError, http.client.HTTPException) as error:
        return f"{path} does not answer ({error or type(error).__name__})"
    if closed and status == 403:
        return ""  # the edge lets in the addresses of its list only, and this job has none of them
    if status != 200:
        return f"{path} answers {status}"
    if path == LOGIN and not ("<form" in text and 'name="password"' in text):
        return f"{path} has no login form"
    return ""


def check_websocket(door: Door) -> str:
    """What is wrong with the websocket; an empty text when it is good."""
    try:
        status = door.websocket_status()
    except (OSError, ValueError) as error:
        return f"/websocket does not answer ({error})"
    return "" if status == 101 else f"/websocket answers {status or 'nothing'} instead of 101"


def _until_good(check: Callable[[], str], deadline: float, door: Door) -> None:
    while True:
        problem = check()
        if not problem:
            return
        if time.monotonic() >= deadline:
            raise Failure(
                f"The target {door.host} is not usable: {problem}",
                "Read the log of the environment's service; the version before it stays in place",
            )
        time.sleep(PAUSE_SECONDS)
