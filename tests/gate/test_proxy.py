"""The proxy on real sockets: listed hosts are reached, nothing else, whatever is asked for."""

import asyncio
import base64
import contextlib

import pytest
from guard import Guard, connected, read_guard
from inner_addresses import opened
from policy import Account
from proxy import Proxy

OPENED = ["192.168.7.0/24", "fd00:7::/64", "erp.lan"]


class Everything:
    """A guard that lets the tests' own loopback addresses through."""

    def lets_through(self, _address, _opened, _host):
        return True


class Known:
    """A policy with one environment."""

    def __init__(self, *hosts):
        self._account = Account(5, "", hosts)
        self.opened = opened(OPENED)

    def account(self, login, password):
        return self._account if (login, password) == ("env-5", "secret") else None


async def to_loopback(_host, _port):
    return ["127.0.0.1"]


def basic(login="env-5:secret"):
    return f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}\r\n"


@contextlib.asynccontextmanager
async def upstream(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"):
    """A server that keeps what it was sent and gives one answer."""
    seen = []

    async def serve(reader, writer):
        seen.append(await reader.read(65536))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], seen


async def ask(proxy, request):
    """Send bytes through the proxy; return all that came back."""
    server = await proxy.listen(0, "127.0.0.1")
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(request)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(-1), 10)
        writer.close()
    return answer


def through(request, hosts=(), guard=None, resolve=to_loopback):
    """Return (answer, what the far side saw, refusals) of one request; ``{port}`` is its port."""

    async def run():
        async with upstream() as (port, seen):
            listed = [(name, port if number == 0 else number) for name, number in hosts]
            proxy = Proxy(Known(*listed), guard or Everything(), resolve)
            answer = await ask(proxy, request.replace("{port}", str(port)).encode("latin-1"))
            return answer, seen, proxy.refusals.take()

    return asyncio.run(run())


def test_a_tunnel_to_a_listed_host_passes_bytes_both_ways():
    request = f"CONNECT a.example.com:{{port}} HTTP/1.1\r\n{basic()}\r\nhello"
    answer, seen, refused = through(request, [("a.example.com", 0)])
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"ok")
    assert seen == [b"hello"]
    assert refused == []


def test_a_plain_request_goes_on_without_what_is_the_proxys():
    request = (
        f"GET http://a.example.com:{{port}}/x?y=1 HTTP/1.1\r\nHost: other.example.com\r\n{basic()}"
        "Proxy-Connection: keep-alive\r\nX-Mine: 1\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n"
    )
    answer, [seen], _refused = through(request, [("a.example.com", 0)])
    assert b"200 OK" in answer
    assert seen.startswith(b"GET /x?y=1 HTTP/1.1\r\nhost: a.example.com:")
    assert b"x-mine: 1" in seen
    for hidden in (b"secret", b"authorization", b"other.example.com", b"x-hop"):
        assert hidden not in seen.lower()


@pytest.mark.parametrize(
    "host", ["b.example.com", "a.example.com.evil.test", "xa.example.com", "127.0.0.1"]
)
def test_what_is_not_listed_is_refused_and_told(host):
    request = f"CONNECT {host}:{{port}} HTTP/1.1\r\n{basic()}\r\n"
    answer, seen, [refused] = through(request, [("a.example.com", 0)])
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert f"{host}:".encode() in answer
    assert seen == []
    assert (refused["environment"], refused["host"]) == (5, host)
    assert (refused["reason"], refused["count"]) == ("not listed", 1)


def test_another_port_than_the_listed_one_is_refused():
    request = f"CONNECT a.example.com:{{port}} HTTP/1.1\r\n{basic()}\r\n"
    answer, seen, _refused = through(request, [("a.example.com", 443)])
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert seen == []


@pytest.mark.parametrize("login", ["", basic("env-5:wrong"), basic("env-6:secret"), basic("x")])
def test_who_does_not_prove_it_reaches_nothing_and_is_not_counted(login):
    request = f"CONNECT a.example.com:{{port}} HTTP/1.1\r\n{login}\r\n"
    answer, seen, refused = through(request, [("a.example.com", 0)])
    assert answer.startswith(b"HTTP/1.1 407 ")
    assert b"Proxy-Authenticate: Basic" in answer
    assert (seen, refused) == ([], [])


def test_a_listed_name_that_leads_inside_is_refused():
    request = f"CONNECT a.example.com:{{port}} HTTP/1.1\r\n{basic()}\r\n"
    answer, seen, [refused] = through(request, [("a.example.com", 0)], guard=Guard())
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert (seen, refused["reason"]) == ([], "leads inside")


def test_a_second_request_on_the_connection_goes_nowhere_else():
    """The far side gets the bytes; no other host does."""
    request = (
        f"GET http://a.example.com:{{port}}/ HTTP/1.1\r\n{basic()}\r\n"
        "GET http://b.example.com/ HTTP/1.1\r\n\r\n"
    )
    answer, seen, _refused = through(request, [("a.example.com", 0)])
    assert answer.count(b"HTTP/1.1") == 1
    assert len(seen) == 1


async def nowhere(_host, _port):
    raise OSError("no such name")


def test_a_name_without_an_address_is_told():
    request = f"CONNECT a.example.com:{{port}} HTTP/1.1\r\n{basic()}\r\n"
    answer, _seen, refused = through(request, [("a.example.com", 0)], resolve=nowhere)
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert refused == []


@pytest.mark.parametrize(
    "request_",
    [
        "GET / HTTP/1.1\r\n\r\n",
        "GET ftp://a.example.com/ HTTP/1.1\r\n\r\n",
        "CONNECT a.example.com:99999 HTTP/1.1\r\n\r\n",
        "CONNECT user@a.example.com:443 HTTP/1.1\r\n\r\n",
        "GET http://a.example.com/ HTTP/1.1\r\nno colon\r\n\r\n",
        "nonsense\r\n\r\n",
        "\x00\xff\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_with_400(request_):
    answer, seen, _refused = through(request_, [("a.example.com", 0)])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert seen == []


ROUTES = """Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth2\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0001000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth1\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth2\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def test_the_kernels_table_says_what_is_inside():
    assert [str(network) for network in connected(ROUTES)] == [
        "10.0.1.0/24",
        "10.0.2.0/24",
        "172.18.0.0/16",
    ]


# The networks of a container, the machine's addresses, and what an operator opened.
ADDRESSES = [
    ("93.184.216.34", True),
    ("203.0.113.5", True),
    ("2606:2800:220:1::1", True),
    ("64:ff9b::5db8:d822", True),  # 93.184.216.34 behind NAT64
    ("2002:5db8:d822::1", True),  # the same by 6to4
    ("10.0.1.7", False),
    ("10.0.2.7", True),  # the network of the way out
    ("10.99.0.1", False),
    ("172.17.0.1", False),
    ("172.18.0.1", False),
    ("192.168.1.10", False),
    ("192.168.7.10", True),  # opened
    ("192.168.7.1", False),  # opened, but the machine's own
    ("198.51.100.7", False),  # the machine's public address
    ("2001:db8:5::7", False),
    ("100.64.0.1", False),
    ("100.100.100.200", False),
    ("127.0.0.1", False),
    ("127.8.8.8", False),
    ("0.0.0.0", False),
    ("0.1.2.3", False),
    ("169.254.169.254", False),
    ("192.0.0.192", False),
    ("224.0.0.1", False),
    ("240.0.0.1", False),
    ("255.255.255.255", False),
    ("::", False),
    ("::1", False),
    ("::10.0.1.7", False),
    ("::ffff:127.0.0.1", False),
    ("::ffff:10.0.1.7", False),
    ("::ffff:192.168.7.1", False),
    ("64:ff9b::a00:107", False),  # 10.0.1.7
    ("64:ff9b:1::1", False),
    ("2002:a00:107::1", False),
    ("2001:0:4136:e378::1", False),
    ("fd00:ec2::254", False),
    ("fd00:7::9", True),  # opened
    ("fe80::1%eth0", False),
    ("fec0::1", False),
    ("ff02::1", False),
]


@pytest.fixture
def guard(tmp_path):
    routes = tmp_path / "route"
    routes.write_text(ROUTES)
    machine = "198.51.100.7 192.168.7.1 2001:db8:5::7"
    return read_guard({"WAY_OUT": "10.0.2.0/24", "HOST_ADDRESSES": machine}, routes)


@pytest.mark.parametrize(("address", "passes"), ADDRESSES)
def test_no_list_opens_the_platform_itself(guard, address, passes):
    assert guard.lets_through(address, opened(OPENED), "a.example.com") is passes


@pytest.mark.parametrize("address", ["192.168.7.10", "fd00:7::9", "192.168.1.10"])
def test_what_is_private_is_closed_until_an_operator_opens_it(guard, address):
    assert guard.lets_through(address) is False


def test_a_name_that_an_operator_opens_leads_to_private_addresses_but_not_to_the_machine(guard):
    assert guard.lets_through("192.168.1.10", opened(OPENED), "ERP.lan.")
    for address in ("10.0.1.7", "198.51.100.7", "127.0.0.1", "169.254.169.254", "fe80::1"):
        assert not guard.lets_through(address, opened(OPENED), "erp.lan"), address


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_called():
    """A name server that changes its answer between the two finds nobody."""
    asked = []

    async def rebinding(_host, _port):
        asked.append(_host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    request = f"CONNECT a.example.com:{{port}} HTTP/1.1\r\n{basic()}\r\nhello"
    answer, seen, _refused = through(request, [("a.example.com", 0)], resolve=rebinding)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert (seen, asked) == ([b"hello"], ["a.example.com"])


def test_of_several_addresses_only_those_outside_are_called():
    async def mixed(_host, _port):
        return ["10.0.0.1", "192.168.1.1", "::1"]

    request = f"CONNECT a.example.com:{{port}} HTTP/1.1\r\n{basic()}\r\n"
    answer, seen, [refused] = through(request, [("a.example.com", 0)], guard=Guard(), resolve=mixed)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert (seen, refused["reason"]) == ([], "leads inside")
