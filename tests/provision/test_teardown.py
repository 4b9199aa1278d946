"""Reset forgets what Docker remembers, also when the engine is asleep."""

import json
from types import SimpleNamespace

import pytest

from provision import docker_engine, processes, teardown
from provision.trouble import Trouble


class Engine:
    """Stands for Docker's command line: remembers what it was asked, lists what it was given."""

    def __init__(self, managing=True):
        self.awake = False
        self.managing = managing
        self.asked = []

    def run(self, command, **_options):
        words = command[3:]
        self.asked.append(words[:2])
        if words[0] == "info":
            state = "active" if self.managing else "inactive"
            return json.dumps({"LocalNodeState": state, "ControlAvailable": self.managing})
        return ""

    attempt = run

    def succeeds(self, _command, **_options):
        return self.awake


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "secrets").mkdir()
    return SimpleNamespace(
        label="ipai.instance=gone",
        instance="gone",
        named="gone-{}".format,
        state=tmp_path,
        run=tmp_path,
        logs=tmp_path,
    )


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch):
    for module, name in (
        (teardown.management, "stop_management"),
        (teardown.forge, "stop_daemon"),
        (teardown.postgres, "stop_postgres"),
        (teardown.firewall, "remove_firewall"),
    ):
        monkeypatch.setattr(module, name, lambda *_words: False)
    monkeypatch.setattr(docker_engine, "is_installed", lambda: True)
    monkeypatch.setattr(processes, "running_pid", lambda _path: None)


def _reset(engine, settings, monkeypatch):
    def wake(_commands):
        engine.awake = True

    monkeypatch.setattr(docker_engine, "ensure_engine", wake)
    return [title for title, step in teardown.reset(engine, settings) if step() or True]


def test_a_sleeping_engine_is_woken_so_that_its_secrets_go_with_the_state(settings, monkeypatch):
    engine = Engine()
    titles = _reset(engine, settings, monkeypatch)
    assert titles.index("Docker engine") < titles.index("Secrets") < titles.index("State folder")
    assert ["secret", "ls"] in engine.asked
    assert titles[-1] == "Docker engine", "what was asleep sleeps again"
    assert not list(settings.state.glob("*"))


def test_an_engine_without_a_swarm_is_not_asked_for_services(settings, monkeypatch):
    engine = Engine(managing=False)
    assert "Services" not in _reset(engine, settings, monkeypatch)
    assert ["volume", "ls"] in engine.asked


def test_a_machine_without_docker_is_left_without(settings, monkeypatch):
    monkeypatch.setattr(docker_engine, "is_installed", lambda: False)
    titles = _reset(Engine(), settings, monkeypatch)
    assert "Docker engine" not in titles
    assert titles[-1] == "State folder"


def test_a_machine_with_a_client_but_no_engine_has_nothing_to_reset(settings, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(docker_engine.shutil, "which", _only_a_client)
    assert not docker_engine.is_installed()
    assert docker_engine.answers(Engine()) is False, "there is nothing behind the client"


def _only_a_client(name, path=None):
    return None if name == "dockerd" else f"/usr/local/bin/{name}"


def test_an_engine_that_keeps_callers_waiting_does_not_answer_yet():
    class Busy:
        def succeeds(self, _command, **_options):
            raise Trouble("“docker version” did not finish within 20 s.")

    assert docker_engine.answers(Busy()) is False
