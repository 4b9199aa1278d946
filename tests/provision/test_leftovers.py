"""What a killed engine has forgotten is ended, and nothing else."""

import json
import subprocess
import sys
import uuid
from types import SimpleNamespace

import pytest

from provision import docker_engine, leftovers

SHIM = """
import subprocess
child = subprocess.Popen(["sleep", "600"])
print(flush=True)
child.wait()
"""


@pytest.fixture
def container():
    """The id of a container whose shim is a process of this test, with one child; and that shim."""
    name = uuid.uuid4().hex
    words = ["/usr/bin/containerd-shim-runc-v2", "-c", SHIM, "-namespace", "moby", "-id", name]
    shim = subprocess.Popen(words, executable=sys.executable, stdout=subprocess.PIPE)
    shim.stdout.readline()  # its child runs
    yield name, shim
    shim.kill()
    shim.wait()
    shim.stdout.close()


def test_what_the_engine_has_forgotten_is_ended_with_all_it_started(container):
    name, shim = container
    assert leftovers.shims()[name] == shim.pid
    assert leftovers.end_forgotten({name: shim.pid}, []) == 1
    assert shim.wait(10) in (0, -9), "by its child's end or by our signal"
    assert shim.stdout.read() == b"", "the child has ended too: nobody holds its output open"


def test_what_the_engine_knows_to_run_goes_on(container):
    name, shim = container
    assert leftovers.end_forgotten({name: shim.pid}, [name]) == 0
    assert shim.poll() is None


def test_what_the_engine_itself_has_started_goes_on(container):
    name, shim = container
    assert leftovers.end_forgotten({}, []) == 0
    assert leftovers.end_forgotten({name: shim.pid + 1}, []) == 0, "another shim has its place"
    assert shim.poll() is None


@pytest.fixture
def down(monkeypatch):
    """An engine that is not there and comes up when it is started; a list of its starts and stops."""
    done, no_systemd = [], SimpleNamespace(exists=lambda: False)
    for part, value in (
        ("Path", lambda _path: no_systemd),
        ("answers", lambda _commands: False),
        ("start_engine", lambda: done.append("start")),
        ("stop_engine", lambda: done.append("stop")),
        ("_comes_up", lambda _commands: True),
        ("SECOND_LOOK_SECONDS", 0),
    ):
        monkeypatch.setattr(docker_engine, part, value)
    return done


@pytest.fixture
def proxy():
    """A process that holds a port for the container of an address, as Docker's own does."""
    words = ["/usr/sbin/docker-proxy", "-c", "import time; time.sleep(600)"]
    words += ["-proto", "tcp", "-host-port", "1", "-container-ip", "192.0.2.7"]
    process = subprocess.Popen(words, executable=sys.executable)
    yield process
    process.kill()
    process.wait()


class Engine:
    """What Docker tells: no container of ours runs, its network has these ends."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def run(self, words, **_options):
        if "inspect" not in words:
            return "\n".join(leftovers.shims()) if "ps" in words else "bridge"
        ends = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        known = [*leftovers.proxies().values(), "192.0.2.7"]
        others = {f"c{n}": address for n, address in enumerate(known) if address != "192.0.2.7"}
        told = {
            key: {"IPv4Address": f"{ip}/16", "IPv6Address": ""}
            for key, ip in {**others, **ends}.items()
        }
        return json.dumps([{"Containers": told}])


def test_ports_held_for_nobody_are_let_go_by_a_stop_in_order(down, proxy):
    gone, there = {"ep-1": "192.0.2.7"}, {"c": "192.0.2.7"}
    engine = Engine(gone, gone, there)
    assert docker_engine.ensure_engine(engine) == "started, ours"
    assert down == ["start", "stop", "start"]


def test_an_engine_that_keeps_such_ports_is_not_stopped_for_ever(down, proxy):
    assert docker_engine.ensure_engine(Engine({})) == "started, ours"
    assert down == ["start", "stop"] * (docker_engine.STARTS - 1) + ["start"]


def test_ports_of_containers_that_run_or_just_left_are_no_reason_to_stop(down, proxy):
    assert docker_engine.ensure_engine(Engine({"c": "192.0.2.7"})) == "started, ours"
    docker_engine.ensure_engine(Engine({"ep-1": "192.0.2.7"}, {"c": "192.0.2.7"}))
    assert down == ["start", "start"]


def test_an_engine_that_is_started_again_ends_what_it_has_forgotten(container, down, monkeypatch):
    name, shim = container
    monkeypatch.setattr(docker_engine, "_holds_ports_of_nobody", lambda _commands: False)
    others = [known for known in leftovers.shims() if known != name]
    engine = SimpleNamespace(run=lambda *_words, **_options: "\n".join(others))
    assert docker_engine.ensure_engine(engine) == "started, ours"
    assert shim.wait(10) in (0, -9), "by its child's end or by our signal"
