"""A real nginx with the rendered configuration: who is let in, and whose word is believed."""

import http.client

import edge
import pytest
from conftest import TIMEOUT_SECONDS
from ipai_ops.engine import edge_config
from ipai_ops.engine.platform import Platform
from parity import parity

PLATFORM = Platform(instance="ipaiedge", domain="example.test")
SOMEBODY = "198.51.100.7"
OPEN, CLOSED = 503, 403  # let in, the target itself is not there; or refused at the door


@pytest.fixture
def start(run_edge):
    """Return a function that runs nginx with sites and doors and gives its address and ours."""

    def run(sites, doors=None):
        return run_edge(edge_config.render(PLATFORM, sites, doors))[1:]

    return run


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
