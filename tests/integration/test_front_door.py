"""The management Odoo of a running instance: people come through the edge, containers do not come past it."""

import http.client
import json

import pytest

FORGED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "ops.localhost"}
ASK = """
import http.client, json, sys
host, port, path, headers = json.loads(sys.argv[1])
connection = http.client.HTTPConnection(host, port, timeout=10)
try:
    connection.request("GET", path, headers=headers)
    print(connection.getresponse().status)
except OSError:
    print(0)  # a firewall: it is not even reached
"""
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade"}


@pytest.fixture
def ask(suite, docker_world):
    """Return a function that asks the management Odoo from a container of its own."""
    host, _, port = suite.facts["control_url"].split("/")[2].partition(":")
    ports = {"http": int(port), "websocket": suite.settings.ports["websocket"]}

    def ask(path, door="http", **headers):
        order = json.dumps([host, ports[door], path, headers])
        said = docker_world.client.containers.run(
            suite.facts["images"]["edge"],
            ["-S", "-c", ASK, order],
            entrypoint="/usr/bin/python3",
            remove=True,
        )
        return int(said)

    return ask


@pytest.mark.parametrize("headers", [{}, FORGED, {**FORGED, "X-Ipai-Edge": "guessed"}], ids=str)
def test_a_container_is_refused_whatever_it_claims(ask, headers):
    for path in ("/web/login", "/json/2/ops.environment/search_read", "/ipai/hook/acme"):
        assert ask(path, **headers) in (0, 403)
    assert ask("/websocket", "websocket", **headers, **UPGRADE) in (0, 403)


def test_the_platform_s_programs_need_their_token(ask):
    assert ask("/ipai/edge/config") in (0, 401)
    assert ask("/ipai/gate/policy") in (0, 401)


def test_people_come_in_through_the_edge_and_are_known_by_their_own_address(suite):
    edge = http.client.HTTPConnection("127.0.0.1", suite.settings.ports["edge"], timeout=60)
    headers = {"Host": f"ops.{suite.settings.domain}", **FORGED, "X-Ipai-Edge": "guessed"}
    edge.request("GET", "/web/login", headers=headers)
    answer = edge.getresponse()
    assert answer.status == 200
    assert suite.facts["control_url"].split("/")[2] not in answer.read().decode()
    key = {"Authorization": "Bearer " + "0" * 40, "Content-Type": "application/json"}
    edge.request("POST", "/json/2/ops.run/read", body=b"{}", headers=headers | key)
    assert edge.getresponse().status in (401, 429)
    [row] = suite.search(
        "ops.audit", [["action", "=", "api_key.refused"]], "address", order="id desc", limit=1
    )
    assert row["address"] not in ("", FORGED["X-Forwarded-For"])
