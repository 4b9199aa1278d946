"""The edge's loop: good routes come into force and are kept, a refusal is not for ever."""

import dataclasses
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import edge
import pytest


class Control:
    """The control plane's side: one configuration, and what the edge has said of it."""

    def __init__(self):
        self.text, self.said, self.pace = "# first\n", [], ""
        handler = type("Asked", (Handler,), {"control": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def etag(self):
        return f'"{hash(self.text)}"'


class Handler(BaseHTTPRequestHandler):
    control = None

    def do_GET(self):
        self.control.said.append(dict(self.headers))
        known = self.headers.get("If-None-Match") == self.control.etag
        self.send_response(304 if known else 200)
        self.send_header("ETag", self.control.etag)
        self.send_header("X-Edge-Pace", self.control.pace)
        self.end_headers()
        if not known:
            self.wfile.write(self.control.text.encode())

    def log_message(self, *_words):
        """Say nothing."""


class Room:
    is_holding = False

    def close_for(self, held):
        self.held = held


@pytest.fixture
def control():
    control = Control()
    yield control
    control.server.shutdown()
    control.server.server_close()


@pytest.fixture
def faults(monkeypatch):
    """What nginx would say against routes, as a test decides: {text: fault}."""
    known = {}
    monkeypatch.setattr(
        edge, "find_fault", lambda _place, routes: known.get(routes.read_text(), "")
    )
    return known


@pytest.fixture
def make_place(control, tmp_path):
    """Return a function that gives an edge's place: folders of its own, one common volume."""
    token = tmp_path / "token"
    token.write_text("secret\n")
    (tmp_path / "volume").mkdir()

    def make(name):
        (tmp_path / name).mkdir()
        place = edge.read_place({"CONTROL_URL": control.url, "OPS_HOST": "ops.example.test"})
        folders = {"state": tmp_path / "volume", "run": tmp_path / name}
        return dataclasses.replace(place, token_path=token, **folders)

    return make


def puller(place):
    return edge.Puller(place, lambda: None, Room())


def test_good_routes_come_into_force_once_and_are_told(control, faults, make_place):
    one = puller(make_place("a"))
    assert one.pull().endswith("in force") and one.pull() == ""
    assert control.said[-1]["X-Edge-Applied"] == control.etag
    assert one.place.routes.read_text() == one.place.kept.read_text() == control.text


def test_refused_routes_change_nothing_and_are_tried_again(control, faults, make_place):
    one = puller(make_place("a"))
    one.pull()
    good, control.text = control.text, "# second\n"
    faults[control.text] = "no room"
    assert one.pull().endswith("refused: no room")
    assert one.place.routes.read_text() == one.place.kept.read_text() == good
    assert one.pull() == "", "what was refused is not asked for at each turn"
    assert "X-Edge-Error" in control.said[-1]
    faults.clear()
    one.try_again_at = 0.0
    assert one.pull().endswith("in force")
    assert one.place.routes.read_text() == control.text


def test_two_edges_on_one_volume_do_not_meet(control, faults, make_place):
    both = [puller(make_place(name)) for name in "ab"]
    with ThreadPoolExecutor(2) as beside:
        for turn in range(30):
            control.text = f"# routes {turn}\n"
            said = list(beside.map(lambda one: one.pull(), both))
            assert [text.endswith("in force") for text in said] == [True, True], said
    assert both[0].place.kept.read_text() == control.text
    assert [path.name for path in both[0].place.state.iterdir()] == ["routes.conf"]


def test_a_new_edge_starts_with_the_last_good_routes(control, faults, make_place):
    puller(make_place("a")).pull()
    later = make_place("b")
    edge.prepare(later)
    assert later.routes.read_text() == control.text
    faults[control.text] = "an older nginx wrote it"
    edge.prepare(later)
    assert later.routes.read_text() == ""


def test_the_next_question_comes_sooner_when_a_hold_is_near_or_in_force(
    control, faults, make_place
):
    one = puller(make_place("a"))
    one.pull()
    usual, control.pace = one.pause_seconds, "quick"
    one.pull()
    assert one.pause_seconds < usual / 2, "it was told to hurry, with nothing new to take"
    control.pace = ""
    one.pull()
    assert one.pause_seconds == usual
    one.room.is_holding = True
    assert one.pause_seconds < usual / 2


class Nginx:
    """nginx as the loop sees it: it runs for some turns."""

    def __init__(self, turns):
        self.turns, self.returncode = turns, None

    def poll(self):
        self.turns -= 1
        if self.turns < 0:
            self.returncode = 0
        return self.returncode


def test_the_loop_tells_at_once_what_it_applied_and_waits_as_long_as_it_is_told(
    control, faults, make_place, monkeypatch
):
    one, slept = puller(make_place("a")), []
    monkeypatch.setattr(edge.time, "sleep", slept.append)
    assert edge.follow(one, Nginx(turns=3)) == 0
    assert slept == [edge.PULL_SECONDS] * 2, "no pause after the first: what came is told at once"
    control.pace = "quick"
    edge.follow(one, Nginx(turns=2))
    assert slept[2:] == [edge.QUICK_PULL_SECONDS] * 2
    assert {said["X-Edge-Name"] for said in control.said} == {socket.gethostname()}
