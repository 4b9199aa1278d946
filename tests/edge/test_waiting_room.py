"""Requests wait in the edge's waiting room, and each is sent on exactly when it may."""

import socket
import threading
import time

import pytest
from edge import PULL_SECONDS, QUICK_PULL_SECONDS, Puller
from waiting_room import WaitingRoom, read_held

HOST = "acme-main.localhost"
DEADLINE_SECONDS = 5


@pytest.fixture
def room(tmp_path):
    room = WaitingRoom(str(tmp_path / "room.sock"), longest=1.0)
    room.open_door()
    return room


def ask(room, host=HOST):
    """Send what nginx sends; return the answer, waiting for it."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(DEADLINE_SECONDS)
        _connect(line, room._path)
        head = f"GET /web HTTP/1.0\r\nHost: {host}\r\nX-Held-Host: {host}\r\n\r\n"
        line.sendall(head.encode())
        return line.makefile("rb").read()


def _connect(line, path):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            return line.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            assert time.monotonic() < deadline, "the waiting room does not open"
            threading.Event().wait(0.01)


def test_who_is_not_held_goes_on_at_once(room):
    room.close_for({"other.localhost": int(time.time()) + 60})
    assert b"X-Accel-Redirect: @release\r\n" in ask(room)


def test_who_is_held_goes_on_when_the_hold_is_lifted(room):
    room.close_for({HOST: int(time.time()) + 60})
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(ask(room)))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive(), "the request was not kept"
    room.close_for({})
    waiting.join(DEADLINE_SECONDS)
    assert b"@release" in answers[0]


def test_the_edge_asks_more_often_while_somebody_may_wait(room):
    puller = Puller(None, lambda: None, room)
    assert puller.pause_seconds == PULL_SECONDS
    room.close_for({HOST: int(time.time()) + 60})
    assert puller.pause_seconds == QUICK_PULL_SECONDS < PULL_SECONDS
    room.close_for({HOST: int(time.time()) - 1})
    assert puller.pause_seconds == PULL_SECONDS


def test_nobody_waits_longer_than_a_browser_would(room):
    room.close_for({HOST: int(time.time()) + 60})
    assert b"X-Accel-Redirect: @updating\r\n" in ask(room)


def test_a_hold_that_nobody_lifts_ends_by_itself(room):
    room.close_for({HOST: int(time.time()) - 1})
    assert b"@release" in ask(room)


def test_a_broken_request_does_not_stop_the_others(room):
    with socket.socket(socket.AF_UNIX) as line:
        _connect(line, room._path)
        line.sendall(b"nonsense")
    assert b"@release" in ask(room)


def test_the_marks_of_the_routes_are_read():
    routes = "# held acme-main.localhost 1800000000\nserver {\n}\n# held by hand\n"
    assert read_held(routes) == {HOST: 1_800_000_000}
