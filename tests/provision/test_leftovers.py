"""What a killed engine has forgotten is ended, and nothing else."""

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


def test_an_engine_that_is_started_again_ends_what_it_has_forgotten(container, monkeypatch):
    name, shim = container
    no_systemd = SimpleNamespace(exists=lambda: False)
    for part, value in (
        ("Path", lambda _path: no_systemd),
        ("answers", lambda _commands: False),
        ("start_engine", lambda: None),
        ("_comes_up", lambda _commands: True),
    ):
        monkeypatch.setattr(docker_engine, part, value)
    others = [known for known in leftovers.shims() if known != name]
    engine = SimpleNamespace(run=lambda *_words, **_options: "\n".join(others))
    assert docker_engine.ensure_engine(engine) == "started, ours"
    assert shim.wait(10) in (0, -9), "by its child's end or by our signal"
