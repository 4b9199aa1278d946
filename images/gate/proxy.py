"""A forward proxy (RFC 9110, 9.3.6 and 7.6) that reaches only the hosts an environment is given.

The name is looked up once, and the connection goes to the address that was checked, so a name that
changes its address between the two leads nowhere.
"""

import asyncio
import base64
import binascii
import socket
from contextlib import closing, suppress

from proxy_request import BadRequest, parse
from refusals import Refusals

HEAD_SECONDS = 30
CONNECT_SECONDS = 15
IDLE_SECONDS = 600
LONGEST_HEAD = 64 << 10
CONNECTIONS = 200  # of one environment at once
TRIED_ADDRESSES = 3


class Refused(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status, sentence, **headers):
        super().__init__(sentence)
        self.status = status
        self.headers = headers


class Proxy:
    """Takes connections, asks who it is, whether the host is listed, and passes bytes on."""

    def __init__(self, policy, guard, resolve=None):
        self._policy = policy
        self._guard = guard
        self._resolve = resolve or _resolve
        self._open = {}
        self.refusals = Refusals()

    async def listen(self, port, address="0.0.0.0"):
        return await asyncio.start_server(self._serve, address, port, limit=LONGEST_HEAD)

    async def _serve(self, reader, writer):
        with closing(writer), suppress(OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            try:
                await self._serve_one(reader, writer)
            except Refused as refused:
                writer.write(_answer(refused))
                await writer.drain()

    async def _serve_one(self, reader, writer):
        request = await _read_request(reader)
        account = self._account(request)
        if not account.may_reach(request.host, request.port):
            self.refusals.note(account.environment, request.host, request.port, "not listed")
            raise Refused(403, f"{request.host}:{request.port} is not on this environment's list.")
        with self._seat(account):
            inner, outer = await self._connect(account, request)
            with closing(outer):
                await _pass_on(request, (reader, writer), (inner, outer))

    def _account(self, request):
        account = self._policy.account(*_login(request.credentials))
        if not account:
            raise Refused(
                407, "The proxy does not know this login.", **{"Proxy-Authenticate": "Basic"}
            )
        return account

    def _seat(self, account):
        if self._open.get(account.environment, 0) >= CONNECTIONS:
            raise Refused(503, "This environment has too many connections open.")
        return _Seat(self._open, account.environment)

    async def _connect(self, account, request):
        try:
            found = await asyncio.wait_for(
                self._resolve(request.host, request.port), CONNECT_SECONDS
            )
        except (OSError, UnicodeError, asyncio.TimeoutError):
            raise Refused(502, f"{request.host} has no address.") from None
        opened = self._policy.opened
        addresses = [one for one in found if self._guard.lets_through(one, opened, request.host)]
        if not addresses:
            self.refusals.note(account.environment, request.host, request.port, "leads inside")
            raise Refused(403, f"{request.host} leads to the platform itself.")
        for address in addresses[:TRIED_ADDRESSES]:
            with suppress(OSError, asyncio.TimeoutError):
                opening = asyncio.open_connection(address, request.port)
                return await asyncio.wait_for(opening, CONNECT_SECONDS)
        raise Refused(502, f"{request.host}:{request.port} does not answer.")


class _Seat:
    """Counts the connections of an environment while they are open."""

    def __init__(self, counts, environment):
        self._counts, self._environment = counts, environment

    def __enter__(self):
        self._counts[self._environment] = self._counts.get(self._environment, 0) + 1

    def __exit__(self, *_):
        self._counts[self._environment] -= 1


async def _resolve(host, port):
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(address[0] for *_, address in found))


async def _read_request(reader):
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
        return parse(head)
    except (BadRequest, asyncio.LimitOverrunError):
        raise Refused(400, "This is no request that a proxy can serve.") from None


def _login(credentials):
    scheme, _, encoded = credentials.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        login, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return login, password


async def _pass_on(request, near, far):
    if request.is_tunnel:
        near[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        far[1].write(request.forwarded)
    await asyncio.gather(_copy(near[0], far[1]), _copy(far[0], near[1], is_last=True))


async def _copy(reader, writer, is_last=False):
    """Pass bytes on until one side ends; the end of the far side is the end of both."""
    with suppress(OSError, asyncio.TimeoutError):
        while data := await asyncio.wait_for(reader.read(1 << 16), IDLE_SECONDS):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        if is_last:
            writer.close()
        elif writer.can_write_eof():
            writer.write_eof()


def _answer(refused):
    body = f"{refused}\n".encode()
    headers = {**refused.headers, "Content-Type": "text/plain; charset=utf-8"}
    headers |= {"Content-Length": str(len(body)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {refused.status} Refused\r\n{lines}\r\n".encode() + body
