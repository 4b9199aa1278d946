"""Where requests wait while an environment's release changes, instead of failing.

nginx passes the head of a held request here and keeps its body. When the environment is let go on,
the answer sends nginx to the release itself (X-Accel-Redirect to a named location: method and body
stay as they were). Nothing of a customer's data passes through this program.
"""

import asyncio
import os
import re
import threading
import time

SOCKET = "/run/waiting-room.sock"
HELD = re.compile(r"^# held (\S+) (\d+)$", re.MULTILINE)
HOST = re.compile(rb"^x-held-host: *(\S+)\r$", re.MULTILINE | re.IGNORECASE)
LONGEST_WAIT_SECONDS = 55  # less than what browsers and load balancers wait
LONGEST_HEAD = 256 * 1024
GO_ON, LATER = b"@release", b"@updating"


def read_held(routes):
    """Return {host: until when at most, in Unix time} of the routes' marks."""
    return {host: int(until) for host, until in HELD.findall(routes)}


class WaitingRoom:
    """Keeps requests until their host is held no more; runs in a thread of its own."""

    def __init__(self, path=SOCKET, longest=LONGEST_WAIT_SECONDS):
        self._path = path
        self._longest = longest
        self._held = {}
        self._moved = asyncio.Event()
        self._loop = asyncio.new_event_loop()

    def open_door(self):
        """Begin to listen; returns at once."""
        threading.Thread(target=self._run, name="waiting-room", daemon=True).start()

    def close_for(self, held):
        """Hold these hosts, and let everybody else go on."""
        self._held = dict(held)
        self._loop.call_soon_threadsafe(self._tell)

    @property
    def is_holding(self):
        """True while there is a host whose requests would wait."""
        return any(until > time.time() for until in self._held.values())

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self):
        if os.path.exists(self._path):
            os.unlink(self._path)
        server = await asyncio.start_unix_server(
            self._receive, self._path, limit=LONGEST_HEAD, backlog=1024
        )
        os.chmod(self._path, 0o666)  # noqa: S103 - for nginx's workers; nobody else is in here
        async with server:
            await server.serve_forever()

    def _tell(self):
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _receive(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            found = HOST.search(head)
            place = await self._wait(found[1].decode() if found else "")
            writer.write(b"HTTP/1.0 200 OK\r\nX-Accel-Redirect: " + place + b"\r\n\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # who waited has gone
        finally:
            writer.close()

    async def _wait(self, host):
        """Return where nginx is to go on with the request."""
        latest = time.time() + self._longest
        while self._held.get(host, 0) > time.time():
            left = min(latest, self._held[host]) - time.time()
            if time.time() >= latest:
                return LATER
            try:
                await asyncio.wait_for(self._moved.wait(), max(left, 0.01))
            except asyncio.TimeoutError:
                continue
        return GO_ON
