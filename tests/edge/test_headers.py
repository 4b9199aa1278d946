"""A real nginx before a program that tells what it was sent: what reaches an Odoo of what a client claims."""

import contextlib
import dataclasses
import json
import re
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

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

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
    send.own, send.address = own, address
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


def raw(address, text, wait_seconds=5):
    """Send these very bytes; give the status of each answer and all that came."""
    answer = b""
    with socket.create_connection((address, 80), wait_seconds) as connection:
        connection.sendall(text)
        with contextlib.suppress(OSError):  # one that waits for more of the request says nothing
            while part := connection.recv(65536):
                answer += part
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)], answer


def shape(*lines, method="GET", version="HTTP/1.1", body=b""):
    """A request to the target with these lines, and whatever comes after its head."""
    head = [f"{method} /web/login {version}".encode(), f"Host: {TARGET}".encode(), *lines]
    return b"\r\n".join([*head, b"Connection: close", b"", b""]) + body


INNER = f"GET /smuggled HTTP/1.1\r\nHost: {OPS}\r\n\r\n".encode()
CHUNKED = b"0\r\n\r\n" + INNER
LENGTH = b"Content-Length: %d"
RANGES = (
    *(b"bytes=", b"bytes=-", b"bytes=-0", b"bytes=9-1", b"bytes=0-18446744073709551616"),
    *(b"bytes=-99999999999999999999", b"bytes=a-b", b"lines=0-1", b"bytes=0-0," * 500 + b"1-1"),
)
HARMLESS = {
    **{f"range {number}": shape(b"Range: " + text) for number, text in enumerate(RANGES)},
    "if-range": shape(b'If-Range: "x', b"Range: bytes=0-"),
    "folded": shape(b"X-One: a", b" X-Ipai-Edge: " + TOKEN.encode()),
    "folded with a tab": shape(b"X-One: a", b"\tHost: " + OPS.encode()),
    "no colon": shape(b"nothing"),
    "no name": shape(b": nothing"),
    "a space before the colon": shape(b"X-Ipai-Edge : " + TOKEN.encode()),
    "bytes that are no text": shape(b"X-One: \xff\xfe\x80"),
    "one header of 8000": shape(b"X-One: " + b"a" * 8000),
}
REFUSED = {
    "length and chunks": shape(
        LENGTH % len(CHUNKED), b"Transfer-Encoding: chunked", method="POST", body=CHUNKED
    ),
    "chunks and length": shape(
        b"Transfer-Encoding: chunked", LENGTH % 4, method="POST", body=CHUNKED
    ),
    "chunks that are hidden": shape(
        b"Transfer-Encoding: xchunked", LENGTH % 0, method="POST", body=CHUNKED
    ),
    "chunks twice": shape(
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: x", method="POST", body=CHUNKED
    ),
    "chunks of HTTP/1.0": shape(
        b"Transfer-Encoding: chunked", method="POST", version="HTTP/1.0", body=CHUNKED
    ),
    "two lengths": shape(LENGTH % 0, LENGTH % len(INNER), method="POST", body=INNER),
    "a list of lengths": shape(b"Content-Length: 0, 9", method="POST", body=INNER),
    "a negative length": shape(b"Content-Length: -1", method="POST", body=INNER),
    "a length with a sign": shape(b"Content-Length: +0", method="POST", body=INNER),
    "a length that overflows": shape(b"Content-Length: " + b"9" * 40, method="POST"),
    "a length as hex": shape(b"Content-Length: 0x0", method="POST", body=INNER),
    "a chunk of no size": shape(
        b"Transfer-Encoding: chunked", method="POST", body=b"zz\r\n\r\n" + INNER
    ),
    "a chunk that overflows": shape(
        b"Transfer-Encoding: chunked", method="POST", body=b"f" * 30 + b"\r\n" + INNER
    ),
    "a zero in a header": shape(b"X-One: a\0b"),
    "a zero in the host": shape(b"Host: ops.example.test\0"),
    "two hosts": shape(b"Host: " + OPS.encode()),
    "one header of 40000": shape(b"X-One: " + b"a" * 40_000),
    "a thousand headers": shape(*[b"X-%d: " % n + b"a" * 60 for n in range(1000)]),
    "a line of 40000": b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: acme.example.test\r\n\r\n",
    "an unknown version": shape(version="HTTP/9.9"),
    "a foreign address": b"GET http://ops.example.test/ HTTP/1.1\r\nHost: acme.example.test\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a tunnel": b"CONNECT ops.example.test:80 HTTP/1.1\r\nHost: acme.example.test\r\n\r\n",
    "no line at all": b"\0\0\0\0\r\n\r\n",
}


def test_malformed_requests_are_refused_or_harmless_and_never_reach_another_host(through):
    """501 and 505 say that the edge does not know the encoding or version; they are no fault of ours."""
    for name, text in {**HARMLESS, **REFUSED}.items():
        codes, answer = raw(through.address, text)
        assert len(codes) == 1, (name, codes, answer[-300:])
        if name in REFUSED:
            assert 400 <= codes[0] < 500 or codes[0] in (501, 505), (name, codes)
        else:
            assert codes[0] in (200, 206, 400, 416), (name, codes)
        assert b"smuggled" not in answer, name
        assert TOKEN.encode() not in answer, name
        if codes[0] == 200:
            told = json.loads(answer.partition(b"\r\n\r\n")[2])
            hosts = [text for key, text in told["headers"] if key.lower() == "host"]
            assert (hosts, told["path"]) == ([TARGET], "/web/login"), name
    assert through(TARGET)[0] == 200


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
