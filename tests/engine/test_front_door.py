"""Who is answered without coming through the edge."""

import pytest
from ipai_ops.engine.front_door import MACHINE_ROUTES, Caller, is_edge, is_let_in

TOKEN = "a-token-of-the-edge"
CONTAINER, BRIDGE = "172.18.0.9", "172.18.0.1"


def caller(shown="", peer=CONTAINER, path="/web/login"):
    return Caller(shown, peer, BRIDGE, path)


@pytest.mark.parametrize("shown", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é\udce9"])
def test_nothing_but_the_token_proves_the_edge(shown):
    assert not is_edge(TOKEN, shown)
    assert not is_let_in(TOKEN, caller(shown))
    assert is_let_in(TOKEN, caller(TOKEN))


def test_without_a_token_nobody_is_the_edge_and_nobody_is_refused():
    assert not is_edge("", "")
    assert is_let_in("", caller())


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", BRIDGE])
def test_the_machine_itself_is_answered(peer):
    assert is_let_in(TOKEN, caller(peer=peer))


@pytest.mark.parametrize("peer", ["", "nonsense", "::ffff:172.18.0.9", "10.0.1.7"])
def test_other_addresses_are_not(peer):
    assert not is_let_in(TOKEN, caller(peer=peer))
    assert not is_let_in(TOKEN, Caller("", peer, "", "/web/login"))


def test_the_platform_s_programs_reach_their_routes_and_no_others():
    for path in (*(f"{route}x" for route in MACHINE_ROUTES), "/web/health"):
        assert is_let_in(TOKEN, caller(path=path))
    for path in (
        "/web/health/x",
        "/ipai/edge",
        "/ipai/gatex/y",
        "/x/ipai/gate/",
        "//ipai/gate/mail",
    ):
        assert not is_let_in(TOKEN, caller(path=path))
