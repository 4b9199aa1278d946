"""A message that was accepted reaches Operations, whatever happens in between."""

import asyncio
import base64
import json

import pytest
import spool as spool_module
from spool import Spool


class Operations:
    """Answers with the given statuses, then with 202; remembers what it took."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.taken = []

    def tell(self, what, body, headers):
        status = self.statuses.pop(0) if self.statuses else 202
        if status < 300:
            self.taken.append((what, headers["X-Ipai-Environment"], body, headers))
        return status


def hand_over(spool, operations, turns=1):
    """Let the spool go round until it pauses for the given time."""

    async def some():
        task = asyncio.create_task(spool.hand_over(operations))
        for _ in range(400 * turns):
            await asyncio.sleep(0.005)
            if not spool.waiting():
                break
        task.cancel()

    asyncio.run(some())


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch):
    monkeypatch.setattr(spool_module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(spool_module, "PAUSE_SECONDS", 0.01)


def test_a_message_is_handed_over_as_it_came_with_its_envelope(tmp_path):
    spool, operations = Spool(tmp_path), Operations()
    key = spool.put(5, {"from": "a@x", "to": ["b@y"]}, b"Subject: x\r\n\r\nline\nline")
    hand_over(spool, operations)
    [(what, environment, content, headers)] = operations.taken
    assert (what, environment) == ("mail", "5")
    assert content == b"Subject: x\r\n\r\nline\nline"
    envelope = json.loads(base64.b64decode(headers["X-Ipai-Envelope"]))
    assert (envelope["from"], envelope["to"], headers["X-Ipai-Mail"]) == ("a@x", ["b@y"], key)


def test_operations_that_are_away_get_it_later_in_order(tmp_path):
    spool, operations = Spool(tmp_path), Operations(503, 401, 500)
    for number in range(3):
        spool.put(5, {"from": "", "to": []}, b"%d" % number)
    hand_over(spool, operations)
    assert [content for _, _, content, _ in operations.taken] == [b"0", b"1", b"2"]


def test_what_operations_never_want_goes(tmp_path, capsys):
    spool, operations = Spool(tmp_path), Operations(410)
    spool.put(5, {"from": "", "to": []}, b"of an environment that is gone")
    spool.put(6, {"from": "", "to": []}, b"next")
    hand_over(spool, operations)
    assert [environment for _, environment, _, _ in operations.taken] == ["6"]
    assert "410" in capsys.readouterr().out


def test_a_full_spool_takes_nothing_of_that_environment(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "HELD_BYTES", 200)
    spool = Spool(tmp_path)
    spool.put(5, {"from": "", "to": []}, b"x" * 100)
    with pytest.raises(BlockingIOError):
        spool.put(5, {"from": "", "to": []}, b"x" * 100)
    assert spool.put(6, {"from": "", "to": []}, b"x" * 100)


def test_a_half_written_message_is_not_handed_over(tmp_path):
    spool = Spool(tmp_path)
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "1.partial").write_bytes(b"{}\nhalf")
    assert spool.waiting() == []
