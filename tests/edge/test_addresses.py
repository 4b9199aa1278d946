"""A real nginx with the rendered configuration: who is let in, and whose word is believed."""

import http.client
import json
import os
import subprocess
import time
from pathlib import Path

import edge
import pytest
from ipai_ops.engine import edge_config
from ipai_ops.engine.platform import Platform
from parity import parity

DEADLINE_SECONDS = 30
TIMEOUT_SECONDS = 60
PLATFORM = Platform(instance="ipaiedge", domain="example.test")
SOMEBODY = "198.51.100.7"
OPEN, CLOSED = 503, 403  # let in, the target itself is not there; or refused at the door


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
def start(image, tmp_path):
    """Return a function that runs nginx with sites and doors and gives its address."""
    started = []

    def run(sites, doors=None):
        routes = tmp_path / "routes.conf"
        routes.write_text(edge_config.render(PLATFORM, sites, doors))
        place = edge.read_place(
            {"CONTROL_URL": "http://control.invalid:8069", "OPS_HOST": "ops.example.test"}
        )
        conf = tmp_path / "nginx.conf"
        conf.write_text(edge.render(place, routes))
        folder = f"{tmp_path}:{tmp_path}:ro"
        command = ["-c", str(conf), "-g", "daemon off;"] if "daemon" not in conf.read_text() else []
        command = command or ["-c", str(conf)]
        name = docker("run", "--detach", "-v", folder, "--entrypoint", "nginx", image, *command)
        started.append(name)
        address = docker(
            "inspect",
            "--format",
            "{{.NetworkSettings.Networks.bridge.IPAddress}} {{.NetworkSettings.Networks.bridge.Gateway}}",
            name,
        ).split()
        _wait(address[0])
        return address

    yield run
    for name in started:
        docker("rm", "--force", name)


def _wait(address):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            return get(address, "nobody.example.test")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def get(address, host, path="/web/login", **headers):
    connection = http.client.HTTPConnection(address, 80, timeout=TIMEOUT_SECONDS)
    try:
        sent = {"Host": host} | {name.replace("_", "-"): text for name, text in headers.items()}
        connection.request("GET", path, headers=sent)
        return connection.getresponse().status
    finally:
        connection.close()


def site(*allowed, **facts):
    return edge_config.Site(7, "acme", "production", "up", allowed=allowed, **facts)


@parity("3.4")
def test_who_is_on_the_list_is_let_in_and_everybody_else_refused(start):
    address, own = start([site(SOMEBODY)])
    assert get(address, "acme.example.test") == CLOSED
    assert get(address, "acme.example.test", "/websocket") == CLOSED
    address, own = start([site(own, "2001:db8::/32")])
    assert get(address, "acme.example.test") == OPEN


def test_without_a_list_everybody_is_let_in(start):
    address, _own = start([site()])
    assert get(address, "acme.example.test") == OPEN


@pytest.mark.parametrize("name", ["X_Forwarded_For", "X_Real_IP", "Forwarded", "Client_IP"])
def test_a_forged_address_changes_nothing(start, name):
    address, _own = start([site(SOMEBODY)])
    told = f"for={SOMEBODY}" if name == "Forwarded" else SOMEBODY
    assert get(address, "acme.example.test", **{name: told}) == CLOSED


def test_a_named_proxy_is_believed_but_not_what_its_client_forged(start):
    _address, own = start([site()])
    address, _own = start([site(SOMEBODY)], edge_config.Doors(proxies=(own,)))
    assert get(address, "acme.example.test", X_Forwarded_For=SOMEBODY) == OPEN
    # The proxy appends whom it saw; what stood there before is the client's own claim.
    assert get(address, "acme.example.test", X_Forwarded_For=f"{SOMEBODY}, 203.0.113.9") == CLOSED


def test_the_management_odoo_has_a_list_of_its_own(start):
    address, own = start([site()], edge_config.Doors(control=(SOMEBODY,)))
    assert get(address, "ops.example.test") == CLOSED
    assert get(address, "acme.example.test") == OPEN
    address, _own = start([site()], edge_config.Doors(control=(own,)))
    assert get(address, "ops.example.test") == 502


def test_while_requests_are_held_the_list_still_counts(start):
    address, _own = start([site(SOMEBODY, held_until=4_000_000_000)])
    assert get(address, "acme.example.test") == CLOSED


def test_only_the_control_plane_s_own_lines_reach_the_ops_block(tmp_path):
    routes = tmp_path / "routes.conf"
    routes.write_text(
        "# ops allow 10.0.0.0/8;\n# ops return 200;\n# ops allow 1.2.3.4; return 200;\n"
    )
    assert edge.read_ops_doors(routes) == ["allow 10.0.0.0/8;"]
