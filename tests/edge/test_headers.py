"""A real nginx before a program that tells what it was sent: what reaches an Odoo of what a client claims."""

import dataclasses
import json
import socket
import time

import edge
import headers
import pytest
from conftest import DEADLINE_SECONDS, TIMEOUT_SECONDS, docker
from ipai_ops.engine import edge_config, front_door
from ipai_ops.engine.platform import Platform

TOKEN = "the-token_of-the-edge"
PLATFORM = Platform(instance="ipaiedge", domain="example.test")
OPS, TARGET = "ops.example.test", "acme.example.test"
FORGED = "198.51.100.7"
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade"}
CLAIMS = dict.fromkeys((*headers.BLANKED, *front_door.FORWARDED), FORGED) | {
    "X-Ipai-Edge": TOKEN,
    "X_Forwarded_For": FORGED,
    "X_Ipai_Edge": TOKEN,
    "Keep-Alive": "timeout=99",
    "TE": "trailers",
}
ECHO = """
import http.server, json

class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"path": self.path, "headers": list(self.headers.items())}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", 8069), Echo).serve_forever()
"""


@pytest.fixture
def through(run_edge, image):
    """Return a function that sends a request through the edge and gives status and what came out."""
    site = edge_config.Site(7, "acme", "production", "up")
    routes = edge_config.render(PLATFORM, [site])
    for port in (8069, 8072):  # the echo stands for the target: no name server knows it here
        routes = routes.replace(f"http://ipaiedge-env-7:{port}", "http://127.0.0.1:8069")
    here = {"CONTROL_URL": "http://127.0.0.1:8069", "WEBSOCKET_URL": "http://127.0.0.1:8069"}
    name, address, own = run_edge(routes, TOKEN, **here)
    beside = ["--network", f"container:{name}", "--entrypoint", "/usr/bin/python3"]
    echo = docker("run", "--detach", *beside, image, "-S", "-c", ECHO)

    def send(host, path="/web/login", line="", **more):
        return exchange(address, host, line or f"GET {path} HTTP/1.1", more)

    deadline = time.monotonic() + DEADLINE_SECONDS
    while send(OPS)[0] != 200:
        assert time.monotonic() < deadline, "the program behind the edge does not answer"
        time.sleep(0.1)
    send.own = own
    yield send
    docker("rm", "--force", echo)


def exchange(address, host, line, more):
    """Send these very lines; http.client would put its own words in."""
    lines = [line, f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {text}" for name, text in more.items()]
    with socket.create_connection((address, 80), TIMEOUT_SECONDS) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = connection.makefile("rb").read()
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    return status, (json.loads(body) if status == 200 else {})


@pytest.mark.parametrize("path", ["/web/login", "/websocket", "/json/2/ops.run/read"])
@pytest.mark.parametrize("host", [OPS, TARGET])
def test_what_a_client_claims_of_itself_reaches_no_odoo(through, host, path):
    more = {**CLAIMS, **(UPGRADE if path == "/websocket" else {})}
    more.pop("Connection", None)
    status, told = through(host, path, **more)
    assert status == 200
    sent = [(name.lower(), text) for name, text in told["headers"]]
    expected = {"x-forwarded-for": through.own, "x-forwarded-host": host, "host": host}
    expected |= {"x-forwarded-proto": "http", "x-real-ip": through.own}
    assert expected.items() <= dict(sent).items()
    assert len(sent) == len(dict(sent)), "no header twice"
    assert not [name for name, text in sent if text == FORGED]
    assert not {"te", "keep-alive", "proxy", "forwarded"} & set(dict(sent))
    assert [text for name, text in sent if TOKEN in text] == ([TOKEN] if host == OPS else [])


def test_a_request_that_names_two_hosts_is_refused(through):
    for first, second in ((OPS, "evil.example"), (TARGET, "evil.example"), (OPS, TARGET)):
        line = f"GET http://{first}/web/login HTTP/1.1"
        assert through(second, line=line)[0] == 400
    assert through(f"{OPS}:8080", line=f"GET http://{OPS}/web/login HTTP/1.1")[0] == 200
    told = through(f"{OPS}:8080")[1]
    assert dict(told["headers"])["X-Forwarded-Host"] == f"{OPS}:8080"


def test_what_is_not_for_people_is_not_there(through):
    paths = ["/web/database/manager", "/ipai/edge/config", "/ipai/gate/policy", "/ipai-exports/a"]
    paths += ["//web/database/manager", "/web/./database/manager", "/ipai/%65dge/config"]
    for path in paths:
        assert through(OPS, path)[0] == 404


def test_both_kinds_of_odoo_are_told_the_same():
    of_targets = {name: value for name, value in edge_config.HEADERS if name != headers.PROOF}
    assert of_targets == {**headers.REPLACED, **dict.fromkeys(headers.BLANKED, '""')}
    assert headers.PROOF == front_door.PROOF
    assert dict(edge_config.HEADERS)[headers.PROOF] == '""'


def test_the_token_stands_in_a_private_file_and_in_no_report(tmp_path, monkeypatch):
    token = tmp_path / "edge-token"
    token.write_text(TOKEN + "\n")
    place = edge.read_place({"CONTROL_URL": "http://c:1", "OPS_HOST": OPS})
    place = dataclasses.replace(place, token_path=token, run=tmp_path, state=tmp_path)
    said = type("Done", (), {"returncode": 1, "stderr": f"unexpected {TOKEN} in nginx.conf"})
    monkeypatch.setattr(edge.subprocess, "run", lambda *_words, **_options: said)
    routes = tmp_path / "routes.conf"
    routes.write_text("")
    assert TOKEN not in edge.find_fault(place, routes)
    assert (tmp_path / "edge-check.conf").stat().st_mode & 0o077 == 0
    assert TOKEN in (tmp_path / "edge-check.conf").read_text()


@pytest.mark.parametrize("text", ["a b", 'a"; return 200 "', "$host", "a;b", "{", "é"])
def test_a_token_that_nginx_could_misread_is_refused(tmp_path, text):
    path = tmp_path / "edge-token"
    path.write_text(text)
    with pytest.raises(ValueError, match="other characters"):
        headers.read_token(path)
