"""Lets the edge's own programs be imported, and runs its real nginx: both live in its image."""

import json
import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "images" / "edge"))

import edge

DEADLINE_SECONDS = 30
TIMEOUT_SECONDS = 60


def docker(*words):
    done = subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image():
    facts = Path(os.environ.get("IPAI_PLATFORM", "/var/lib/ipai/ipaitest/platform.json"))
    known = json.loads(facts.read_text()).get("images", {}) if facts.exists() else {}
    name = known.get("edge") or _local_edge_image()
    if not name:
        pytest.skip("there is no edge image: script/server makes one")
    return name


def _local_edge_image():
    try:
        return docker("images", "--quiet", "*/*/edge").partition("\n")[0]
    except (OSError, subprocess.SubprocessError):
        return ""


@pytest.fixture
def run_edge(image, tmp_path):
    """Return a function that runs nginx with routes; it gives the container and its address."""
    started = []

    def run(routes, token="", **environment):
        (tmp_path / "routes.conf").write_text(routes)
        place = edge.read_place(
            {
                "CONTROL_URL": "http://control.invalid:8069",
                "OPS_HOST": "ops.example.test",
                "EDGE_TOKEN_FILE": str(tmp_path / "edge-token"),
                **environment,
            }
        )
        if token:
            place.token_path.write_text(token)
        conf = tmp_path / "nginx.conf"
        conf.write_text(edge.render(place, tmp_path / "routes.conf"))
        folder = f"{tmp_path}:{tmp_path}:ro"
        words = ["-v", folder, "--entrypoint", "nginx", image, "-c", str(conf)]
        started.append(docker("run", "--detach", *words))
        network = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}}{{end}}"
        address, own = docker("inspect", "--format", network, started[-1]).split()
        wait_for(address)
        return started[-1], address, own

    yield run
    for name in started:
        docker("rm", "--force", name)


def wait_for(address):
    """Return when nginx answers."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            connection = HTTPConnection(address, 80, timeout=TIMEOUT_SECONDS)
            connection.request("GET", "/", headers={"Host": "nobody.example.test"})
            return connection.getresponse().status
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
