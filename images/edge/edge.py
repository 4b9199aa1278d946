"""The edge: nginx, and a loop that pulls routes from the control plane and keeps the last good ones.

A refused configuration is reported with the next pull and never applied. While the control plane is
away, nginx goes on with what it has; a restarted edge starts with the last good routes of its volume.
"""

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from headers import PROOF, header_lines, read_token, write_private
from waiting_room import WaitingRoom, read_held

HERE = Path(__file__).parent
PULL_SECONDS = 0.5
TRY_AGAIN_SECONDS = 5
QUICK_PULL_SECONDS = 0.1  # people's requests wait for the next word, or are about to
PULL_TIMEOUT_SECONDS = 10
NGINX_TIMEOUT_SECONDS = 30
LONGEST_ERROR = 2000
OPS_DOOR = re.compile(r"^# ops ((?:allow [0-9a-fA-F:.]+(?:/[0-9]+)?|deny all);)$", re.MULTILINE)
UNKNOWN_HOST = """
        root {here};
        error_page 404 /unknown.html;
        location = /unknown.html {{ internal; add_header Cache-Control no-store always; }}
        location = /edge-health {{ return 200 "ok"; }}
        location / {{ return 404; }}
"""
TO_HTTPS = """
        location = /edge-health { return 200 "ok"; }
        location / { return 301 https://$host@PORT@$request_uri; }
"""
TLS = """
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:10m;
    server {{
        listen 443 ssl default_server;
        server_name _;
{unknown}
    }}
"""


@dataclass(frozen=True)
class Place:
    """Where this edge keeps things and whom it asks."""

    control_url: str
    websocket_url: str
    ops_host: str
    token_path: Path
    certificate: Path
    key: Path
    https_port: str
    state: Path
    run: Path

    @property
    def routes(self):
        """The routes in force here."""
        return self.run / "routes.conf"

    @property
    def candidate(self):
        return self.run / "candidate.conf"

    @property
    def nginx(self):
        return self.run / "nginx.conf"

    @property
    def kept(self):
        """The last good routes, for the next start; two edges share them while one takes over."""
        return self.state / "routes.conf"

    @property
    def has_tls(self):
        return self.certificate.exists() and self.key.exists()


def read_place(environ):
    control_url = environ["CONTROL_URL"].rstrip("/")
    return Place(
        control_url=control_url,
        websocket_url=environ.get("WEBSOCKET_URL") or _three_ports_up(control_url),
        ops_host=environ["OPS_HOST"],
        token_path=Path(environ.get("EDGE_TOKEN_FILE", "/run/secrets/edge-token")),
        certificate=Path(environ.get("TLS_CERTIFICATE_FILE", "/run/secrets/edge-certificate")),
        key=Path(environ.get("TLS_KEY_FILE", "/run/secrets/edge-key")),
        https_port=environ.get("HTTPS_PORT", "443"),
        state=Path("/var/lib/edge"),
        run=Path("/run"),
    )


def _three_ports_up(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{(parts.port or 8069) + 3}"


def render(place, routes):
    """nginx's whole configuration with `routes` included."""
    unknown = UNKNOWN_HOST.format(here=HERE)
    tls = (
        TLS.format(certificate=place.certificate, key=place.key, unknown=unknown)
        if place.has_tls
        else ""
    )
    words = {
        "TLS": tls,
        "PLAIN": TO_HTTPS if place.has_tls else unknown,
        "PORT": "" if place.https_port == "443" else f":{place.https_port}",
        "LISTEN": "443 ssl" if place.has_tls else "80",
        "OPS_HOST": place.ops_host,
        "CONTROL_URL": place.control_url,
        "WEBSOCKET_URL": place.websocket_url,
        "ROUTES": str(routes),
        "OPS_DOORS": "\n        ".join(read_ops_doors(routes)),
        "HEADERS": "\n        ".join(header_lines(place.token_path)),
    }
    text = (HERE / "nginx.conf").read_text()
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


def read_ops_doors(routes):
    """Who may reach the management Odoo: the control plane's own lines, and nothing else of them."""
    text = routes.read_text() if routes.exists() else ""
    return OPS_DOOR.findall(text)


def find_fault(place, routes):
    """What nginx says against `routes`, or an empty text."""
    conf = place.run / "edge-check.conf"
    write_private(conf, render(place, routes))
    done = subprocess.run(
        ["nginx", "-t", "-q", "-c", str(conf)],
        capture_output=True,
        text=True,
        timeout=NGINX_TIMEOUT_SECONDS,
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.strip() or "nginx refused it without a word"
    return said.replace(read_token(place.token_path) or PROOF, "***")


class Puller:
    """Asks for routes and applies good ones; remembers what it was told and what is in force."""

    def __init__(self, place, reload, room):
        self.place = place
        self.reload = reload
        self.room = room
        self.applied = ""
        self.seen = ""
        self.fault = ""
        self.try_again_at = 0.0
        self.is_hurried = False

    @property
    def pause_seconds(self):
        """How long to wait before the next question."""
        return QUICK_PULL_SECONDS if self.room.is_holding or self.is_hurried else PULL_SECONDS

    def pull(self):
        """One question to the control plane; says in a line what came of it, or nothing."""
        try:
            with urllib.request.urlopen(self._request(), timeout=PULL_TIMEOUT_SECONDS) as answer:
                self._take_pace(answer.headers)
                return self._take(answer.read(), answer.headers.get("ETag", ""))
        except urllib.error.HTTPError as exc:
            self._take_pace(exc.headers)
            return "" if exc.code == 304 else f"the control plane answered {exc.code}"
        except OSError as exc:
            return f"the control plane does not answer: {exc}"

    def _take_pace(self, headers):
        self.is_hurried = headers.get("X-Edge-Pace") == "quick"

    def _request(self):
        headers = {
            "X-Edge-Name": socket.gethostname(),
            "Authorization": f"Bearer {read_token(self.place.token_path)}",
            "X-Edge-Applied": self.applied,
        }
        if self.seen and not (self.fault and time.monotonic() >= self.try_again_at):
            headers["If-None-Match"] = self.seen
        if self.fault:
            headers["X-Edge-Error"] = base64.b64encode(self.fault.encode()[:LONGEST_ERROR]).decode()
        return urllib.request.Request(f"{self.place.control_url}/ipai/edge/config", headers=headers)

    def _take(self, body, etag):
        self.place.candidate.write_bytes(body)
        self.fault = find_fault(self.place, self.place.candidate)
        self.seen = etag
        if self.fault:  # what was wrong may have been here: a disk, a name that did not resolve
            self.try_again_at = time.monotonic() + TRY_AGAIN_SECONDS
            return f"routes {etag} refused: {self.fault}"
        self.place.candidate.rename(self.place.routes)
        write_private(self.place.nginx, render(self.place, self.place.routes))
        self._keep(body)
        self.room.close_for(read_held(body.decode()))  # who arrives from now on is let in or kept
        self.reload()
        self.applied = etag
        return f"routes {etag} in force"

    def _keep(self, body):
        """Remember good routes for the next start, whole or not at all; without room it goes on."""
        partial = self.place.kept.with_name(f"routes.{uuid.uuid4().hex}")
        try:
            partial.write_bytes(body)
            partial.replace(self.place.kept)
        except OSError as exc:
            partial.unlink(missing_ok=True)
            print(f"routes cannot be kept: {exc}", flush=True)


def prepare(place):
    """A configuration that starts for certain: the last good routes, or none."""
    place.state.mkdir(parents=True, exist_ok=True)
    place.routes.write_bytes(place.kept.read_bytes() if place.kept.exists() else b"")
    if find_fault(place, place.routes):
        place.routes.write_text("")
    write_private(place.nginx, render(place, place.routes))


def reload_nginx():
    subprocess.run(
        ["nginx", "-c", "/run/nginx.conf", "-s", "reload"],
        check=True,
        timeout=NGINX_TIMEOUT_SECONDS,
        capture_output=True,
    )


def serve(place):
    """Run nginx and the loop until nginx ends or we are told to stop; the exit status."""
    prepare(place)
    room = WaitingRoom()
    room.close_for(read_held(place.routes.read_text()))
    room.open_door()
    nginx = subprocess.Popen(["nginx", "-c", "/run/nginx.conf"])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: nginx.send_signal(signal.SIGQUIT))
    return follow(Puller(place, reload_nginx, room), nginx)


def follow(puller, nginx):
    """Pull for as long as nginx runs; its exit status."""
    last_said = ""
    while nginx.poll() is None:
        before = puller.applied
        said = puller.pull()
        if said != last_said and said:
            print(said, flush=True)
        last_said = said
        if puller.applied == before:  # else the control plane is told at once
            time.sleep(puller.pause_seconds)
    return nginx.returncode


if __name__ == "__main__":
    sys.exit(serve(read_place(os.environ)))
