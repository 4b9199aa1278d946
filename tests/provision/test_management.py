"""A management Odoo that was just killed is started again, however slowly it ends."""

from types import SimpleNamespace

import pytest

from provision import management, processes
from provision.trouble import Trouble

ADDRESS = "http://127.0.0.1:9"


@pytest.fixture
def dying(tmp_path, monkeypatch):
    """A management Odoo whose process still lives when it is looked for, and then no more."""
    settings = SimpleNamespace(state=tmp_path, logs=tmp_path, ports={"odoo": 1, "websocket": 2})
    (settings.state / "odoo.process").write_text("the same")
    lives = iter([123])
    monkeypatch.setattr(management, "control_url", lambda *_arguments: ADDRESS)
    monkeypatch.setattr(management, "write_server_config", lambda *_arguments: "odoo.conf")
    monkeypatch.setattr(management, "_code_mark", lambda *_arguments: "code")
    monkeypatch.setattr(management, "_process_mark", lambda *_arguments: "the same")
    monkeypatch.setattr(management, "_ensure_database", lambda *_arguments: "started")
    monkeypatch.setattr(processes, "running_pid", lambda _path: next(lives, None))
    return settings


def test_one_that_ends_while_it_is_asked_is_started_again(dying, monkeypatch):
    started = []
    monkeypatch.setattr(management, "_start", lambda *arguments: started.append(arguments))
    assert management.ensure_management(None, dying) == "started"
    assert len(started) == 1


def test_one_that_lives_and_answers_is_left_alone(dying, monkeypatch):
    monkeypatch.setattr(management, "_answers", lambda _url: True)
    monkeypatch.setattr(management, "_start", pytest.fail)
    assert management.ensure_management(None, dying) == "running"


def test_one_that_ends_at_its_start_is_told_with_its_last_words(dying, monkeypatch):
    management.log_path(dying).write_text("no such database\n")
    asked = []
    monkeypatch.setattr(management, "require_free_port", lambda *asking: asked.append(asking))
    monkeypatch.setattr(management, "python", lambda *_arguments: "python")
    monkeypatch.setattr(management, "environment", lambda *_arguments: {})
    monkeypatch.setattr(
        management, "odoo_source", lambda *_arguments: SimpleNamespace(program="odoo-bin")
    )
    monkeypatch.setattr(processes, "start_detached", lambda *_arguments: None)
    with pytest.raises(Trouble, match="The management Odoo ended: no such database"):
        management._start(None, dying, "odoo.conf")
    seconds = {port: seconds for port, _purpose, seconds in asked}
    assert seconds == dict.fromkeys((1, 2), management.WORKERS_END_SECONDS)
