"""Every node of the swarm pulls with the platform's login: it travels with each job and service."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ipai_ops.adapters.swarm_client import SwarmClient

IMAGE = "registry.test:5000/ipai/odoo@sha256:" + "0" * 64


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.logins.append(self.headers.get("X-Registry-Auth"))
        self.send_response(201)
        self.send_header("Content-Length", "13")
        self.end_headers()
        self.wfile.write(b'{"ID": "abc"}')

    def log_message(self, *words):
        """Quiet."""


@pytest.fixture
def engine():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.logins = []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def created(engine, registry):
    """Return the login that a new service of IMAGE is sent with."""
    address = f"tcp://127.0.0.1:{engine.server_address[1]}"
    client = SwarmClient(address, version="1.41")
    client.use_login(registry, "ipai", "secret")
    client.create_service({"ContainerSpec": {"Image": IMAGE}}, name="x")
    [sent] = engine.logins
    return json.loads(base64.urlsafe_b64decode(sent)) if sent else None


def test_the_login_goes_to_the_registry_that_it_is_for(engine):
    sent = created(engine, "registry.test:5000")
    assert (sent["username"], sent["password"]) == ("ipai", "secret")


@pytest.mark.parametrize("registry", ["", "another.test:5000"])
def test_the_login_goes_to_no_other_registry(engine, registry):
    assert not (created(engine, registry) or {}).get("password")
