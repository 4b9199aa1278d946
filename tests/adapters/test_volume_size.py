"""What an engine is asked for when a volume may only grow to a size, and what its answers mean."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import docker
import pytest
from docker.errors import APIError
from ipai_ops.adapters import swarm_volumes
from ipai_ops.engine import volumes
from ipai_ops.engine.ports import JobSpec, RuntimeRefused

OWN = {"ipai.instance": "ipai", "ipai.environment": "7", "ipai.project": "1"}
NO_QUOTA = (500, {"message": "create x: quota size requested but no quota support"})
MADE = (201, {"Name": "ipai-env-7-data"})
ABSENT = (404, {"message": "no such volume"})


class Engine(ThreadingHTTPServer):
    """Answers as written down; keeps what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = {}, []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"null")
        path = self.path.split("/", 2)[2].partition("?")[0]
        self.server.asked.append((f"{self.command} {path}", body))
        status, answer = self.server.answers[f"{self.command} {path}"]
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *words):
        """Quiet."""


@pytest.fixture
def engine():
    server = Engine()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.answers = {"GET volumes/ipai-env-7-data": ABSENT, "GET nodes": (200, [{}])}
    yield server
    server.shutdown()
    server.server_close()


def start(engine, size_bytes):
    """Ask as for a container of the environment; return what was asked for to be made."""
    address = f"tcp://127.0.0.1:{engine.server_address[1]}"
    own = volumes.owned("ipai", 7, 1, "ipai-env-7-data", "/var/lib/odoo")
    job = JobSpec("job", "image", ("true",), mounts=(volumes.limited(own, size_bytes),))
    client = docker.APIClient(address, version="1.41", timeout=5)
    try:
        swarm_volumes.require_own(client, job, {"ipai.instance": "ipai"})
    finally:
        client.close()
    return [body for asked, body in engine.asked if asked == "POST volumes/create"]


def test_a_new_volume_is_asked_for_with_its_size_and_its_labels(engine):
    engine.answers["POST volumes/create"] = MADE
    [asked] = start(engine, 5_000_000)
    assert asked["DriverOpts"] == {"size": "5000000"}
    assert (asked["Driver"], asked["Labels"]) == ("local", OWN)


def test_an_engine_without_quotas_leaves_the_volume_to_the_task(engine):
    engine.answers["POST volumes/create"] = NO_QUOTA
    assert len(start(engine, 5_000_000)) == 1


def test_another_fault_of_the_engine_is_no_answer_about_quotas(engine):
    engine.answers["POST volumes/create"] = (500, {"message": "the disk is on fire"})
    with pytest.raises(APIError, match="on fire"):
        start(engine, 5_000_000)


def test_nothing_is_made_here_without_a_limit_or_where_other_nodes_may_be_chosen(engine):
    assert start(engine, 0) == []
    engine.answers["GET nodes"] = (200, [{}, {}])
    assert start(engine, 5_000_000) == []


def test_a_volume_that_is_there_keeps_what_it_was_made_with(engine):
    engine.answers["GET volumes/ipai-env-7-data"] = (200, {"Labels": OWN})
    assert start(engine, 5_000_000) == []
    engine.answers["GET volumes/ipai-env-7-data"] = (200, {"Labels": None})
    with pytest.raises(RuntimeRefused, match="no label"):
        start(engine, 5_000_000)
