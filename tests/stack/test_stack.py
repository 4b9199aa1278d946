"""The product as a Swarm stack, as a real server has it: brought up by script/stack, visited over TLS."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))

from provision.docker_engine import docker  # noqa: E402
from provision.settings import read_settings  # noqa: E402

DOMAIN = "stack.example"
OPS = f"ops.{DOMAIN}"
PORTS = {"HTTP": "48080", "HTTPS": "48443", "REGISTRY": "15003"}
DEPLOY_SECONDS = 850
WEBSOCKET_SECONDS = 30

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]


class Server:
    """The stack as a visitor reaches it, and the files its owner keeps."""

    def __init__(self, settings, certificate):
        self.settings = settings
        self.tls = ssl.create_default_context(cafile=str(certificate))

    def connect(self):
        """A TLS connection to the edge; fails unless the certificate is the given one."""
        plain = socket.create_connection(("127.0.0.1", self.settings.ports["https"]), timeout=60)
        return self.tls.wrap_socket(plain, server_hostname=OPS)

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPSConnection(OPS, self.settings.ports["https"])
        connection.sock = self.connect()
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def xmlrpc(self, service, method, *arguments):
        body = xmlrpc.client.dumps(arguments, method, allow_none=True).encode()
        headers = {"Content-Type": "text/xml"}
        status, answer = self.request("POST", f"/xmlrpc/2/{service}", body, headers)
        assert status == 200
        return xmlrpc.client.loads(answer)[0][0]


def make_certificate(folder):
    """A key and a certificate for the test's domain, as an owner would bring them."""
    names = f"subjectAltName=DNS:*.{DOMAIN}"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={DOMAIN}", "-addext", names]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    certificate, key = make_certificate(tmp_path_factory.mktemp("tls"))
    chosen = {
        "IPAI_INSTANCE": "ipaistack",
        "IPAI_DOMAIN": DOMAIN,
        "IPAI_TLS_CERTIFICATE": str(certificate),
        "IPAI_TLS_KEY": str(key),
        "IPAI_WORKERS": "2",
        **{f"IPAI_PORT_{name}": port for name, port in PORTS.items()},
    }
    inherited = {key: value for key, value in os.environ.items() if key != "IPAI_STATE"}
    environment = {**inherited, **chosen}
    run_script(environment, "remove")
    try:
        done = run_script(environment, "deploy")
        assert done.returncode == 0, done.stdout + done.stderr
        yield Server(read_settings(environment, ROOT), certificate)
    finally:
        run_script(environment, "remove")


def run_script(environment, word):
    command = [str(ROOT / "script/stack"), word]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=DEPLOY_SECONDS
    )


def test_the_login_page_comes_under_the_given_certificate(server):
    status, page = server.request("GET", "/web/login")
    assert status == 200
    assert b'name="login"' in page


def test_the_administrator_logs_in_with_the_password_that_was_made(server):
    password = (server.settings.secrets / "admin-password").read_text().strip()
    user = server.xmlrpc("common", "authenticate", "ipai", "admin", password, {})
    login = ("ipai", user, password)
    servers = server.xmlrpc(
        "object", "execute_kw", *login, "ops.database.server", "search_count", [[]]
    )
    assert user
    assert servers == 2


def test_the_websocket_opens_through_the_edge(server):
    origin = f"https://{OPS}:{server.settings.ports['https']}"
    lines = ["GET /websocket HTTP/1.1", f"Host: {OPS}:{server.settings.ports['https']}"]
    lines += [f"Origin: {origin}", "Connection: Upgrade", "Upgrade: websocket"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", "", ""]
    handshake = "\r\n".join(lines).encode()
    deadline = time.monotonic() + WEBSOCKET_SECONDS
    while (status := answer_to(server, handshake)) == b"503" and time.monotonic() < deadline:
        pass  # the process for websockets loads the addons at its first request, and says so
    assert status == b"101"


def answer_to(server, request):
    with server.connect() as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline().split()[1]


def test_plain_http_is_sent_to_https(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.settings.ports["http"], timeout=30)
    connection.request("GET", "/web", headers={"Host": OPS})
    answer = connection.getresponse()
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{OPS}:{server.settings.ports['https']}/web"


@pytest.mark.parametrize(
    "path", ["/web/database/manager", "/ipai/edge/config", "/ipai/gate/policy"]
)
def test_what_is_not_for_the_public_is_closed(server, path):
    assert server.request("GET", path)[0] == 404


def test_no_service_shows_a_password_in_its_description(server):
    listed = docker("service", "ls", "--quiet", "--filter", f"label={server.settings.label}")
    services = subprocess.run(listed, capture_output=True, text=True, check=True, timeout=60)
    inspect = docker("service", "inspect", *services.stdout.split())
    told = subprocess.run(inspect, capture_output=True, text=True, check=True, timeout=60).stdout
    secrets = [
        path.read_text().strip() for path in server.settings.secrets.iterdir() if path.is_file()
    ]
    assert len(json.loads(told)) == 8
    assert not [secret for secret in secrets if secret in told]


def test_every_image_is_known_by_its_digest(server):
    listed = docker("stack", "services", "--format", "{{.Image}}", server.settings.instance)
    images = subprocess.run(listed, capture_output=True, text=True, check=True, timeout=60)
    assert all(re.search(r"sha256:[0-9a-f]{64}$", image) for image in images.stdout.split())
