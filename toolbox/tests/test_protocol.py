import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timezone

import pytest
from toolbox_samples import TOOLBOX

from ipai_toolbox.blank import blanker
from ipai_toolbox.cli import main
from ipai_toolbox.events import LONGEST_MESSAGE, Events
from ipai_toolbox.job import run_job
from ipai_toolbox.outcome import Failure
from ipai_toolbox.spool import Spool
from ipai_toolbox.verbs import replay

MOMENT = datetime(2026, 1, 31, 10, 0, tzinfo=timezone.utc)


def lines_of(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def run(verb, environ) -> tuple[int, list[dict]]:
    out = io.StringIO()
    return run_job(verb, environ, out), lines_of(out.getvalue())


def test_each_line_has_number_step_attempt_time_level_and_message(places):
    out = io.StringIO()
    spool = Spool(places.spool, 7, "build", 2)
    spool.open()
    Events(spool, "7-build-2", out=out, now=lambda: MOMENT).progress(0.5, "half way")
    assert lines_of(out.getvalue()) == [
        {
            "seq": 1,
            "at": "2026-01-31T10:00:00.000Z",
            "step": "build",
            "attempt": 2,
            "level": "info",
            "message": "half way",
            "payload": {"progress": 0.5},
        }
    ]
    assert spool.path.read_text() == out.getvalue()


def test_a_good_verb_ends_with_its_result_and_status_0(environ):
    status, lines = run(lambda job: {"answer": 42}, environ)
    assert status == 0
    assert lines[-1]["fence"] == "7-build-1"
    assert lines[-1]["result"] == {"ok": True, "answer": 42}


def test_a_failure_ends_with_cause_and_hint_and_status_1(environ):
    def verb(job):
        raise Failure("The branch is not there", "Push it")

    status, lines = run(verb, environ)
    assert status == 1
    assert lines[-1]["result"] == {
        "ok": False,
        "cause": "The branch is not there.",
        "hint": "Push it.",
    }
    assert lines[-2]["level"] == "error"


def test_a_bug_of_our_own_shows_its_traceback_and_a_plain_sentence(environ):
    def verb(job):
        return {}["nothing"]

    status, lines = run(verb, environ)
    assert status == 1
    assert any("Traceback" in line.get("message", "") for line in lines)
    assert (
        lines[-1]["result"]["cause"]
        == "The platform's own code failed in step build: KeyError: 'nothing'."
    )


def test_a_full_disk_is_one_sentence(environ):
    def verb(job):
        raise OSError(28, "No space left on device")

    assert "disk" in run(verb, environ)[1][-1]["result"]["cause"]


def test_a_second_attempt_repeats_what_the_first_said(environ):
    run(lambda job: job.events.info("from the first attempt") or {}, environ)
    environ["IPAI_SPEC"] = json.dumps(
        {"run": 7, "step": "build", "attempt": 2, "fence": "7-build-2"}
    )
    _status, lines = run(lambda job: {}, environ)
    assert [line.get("attempt") for line in lines[:1]] == [1]
    assert lines[0]["message"] == "from the first attempt"
    assert lines[1]["fence"] == "7-build-1"
    assert lines[-1]["fence"] == "7-build-2" and lines[-1]["seq"] == 1


def test_an_attempt_that_already_ended_is_not_done_again(environ):
    calls = []
    run(lambda job: calls.append(1) or {"answer": 42}, environ)
    status, lines = run(lambda job: calls.append(1) or {}, environ)
    assert (status, len(calls)) == (0, 1)
    assert lines[-1]["result"]["answer"] == 42


def test_a_restarted_attempt_goes_on_numbering_after_its_last_whole_line(environ, places):
    file = places.spool / "7" / "build-1.jsonl"
    file.parent.mkdir()
    file.write_text('{"seq": 1, "message": "whole"}\n{"seq": 2, "mess')
    _status, lines = run(lambda job: job.events.info("after") or {}, environ)
    assert [line["seq"] for line in lines] == [1, 2, 3]
    assert lines_of(file.read_text()) == lines


def test_attempts_are_repeated_in_the_order_of_their_numbers(places):
    spool = Spool(places.spool, 7, "build", 10)
    spool.folder.mkdir()
    for number in (10, 9, 2, 11):
        (spool.folder / f"build-{number}.jsonl").write_text(f'{{"seq": 1, "attempt": {number}}}\n')
    assert [json.loads(line)["attempt"] for line in spool.earlier_lines()] == [2, 9, 10]


def test_replay_prints_the_spool_and_nothing_else(environ):
    run(lambda job: job.events.info("said") or {}, environ)
    out = io.StringIO()
    assert replay.main(environ, out) == 0
    assert [line.get("message") for line in lines_of(out.getvalue())] == ["said", None]


def test_the_spool_is_written_before_stdout(places):
    spool = Spool(places.spool, 7, "build", 1)
    spool.open()

    class Checking(io.StringIO):
        def write(self, text):
            assert text in spool.path.read_text()
            return super().write(text)

    Events(spool, "f", out=Checking()).info("first to the disk")


def test_without_a_spool_the_lines_still_reach_stdout_with_one_warning(environ):
    environ["IPAI_SPOOL"] = "/proc/nothing"
    status, lines = run(lambda job: job.events.info("said") or {}, environ)
    assert status == 0
    assert [line.get("level") for line in lines] == ["warning", "info", None]


def test_a_spool_that_fills_up_costs_no_line(places):
    class Full(Spool):
        def write(self, line, keep):
            raise OSError(28, "No space left on device")

    out = io.StringIO()
    Events(Full(places.spool, 7, "build", 1), "f", out=out).info("said")
    messages = [line["message"] for line in lines_of(out.getvalue())]
    assert messages[0] == "said" and "No space left" in messages[1] and len(messages) == 2


def test_secrets_are_blanked_in_messages_payloads_and_results(environ, places):
    (places.secrets / "odoo.conf").write_text("[options]\ndb_password = s3cret/word\n")
    (places.secrets / "git-credentials").write_text("bot:tok:en-1234567\n")

    def verb(job):
        job.events.info("it is s3cret/word", {"deep": ["s3cret%2Fword", 5]})
        raise Failure("fatal: https://bot:tok:en-1234567@host refused", "Try")

    text = json.dumps(run(verb, environ)[1])
    assert "s3cret" not in text and "en-1234567" not in text
    assert "•••" in json.dumps(run(verb, environ)[1], ensure_ascii=False)


def test_short_values_are_not_blanked_away():
    assert blanker(["ab", "", None])("about") == "about"


def test_a_password_in_the_repository_address_is_blanked(environ):
    environ["IPAI_SPEC"] = json.dumps(
        {
            "run": 7,
            "step": "build",
            "attempt": 1,
            "repository_url": "https://bot:hunter22@git.example/x.git",
        }
    )
    _status, lines = run(lambda job: job.events.info("clone bot:hunter22") or {}, environ)
    assert lines[0]["message"] == "clone bot:•••"


def test_a_very_long_message_becomes_several_events(places):
    spool = Spool(places.spool, 7, "build", 1)
    spool.open()
    out = io.StringIO()
    text = "x" * LONGEST_MESSAGE + "the end"
    Events(spool, "f", out=out).info(text)
    lines = lines_of(out.getvalue())
    assert "".join(line["message"] for line in lines) == text
    assert lines[1]["payload"] == {"continued": True}


@pytest.mark.parametrize("text", [None, "", "no json", "[]", '{"run": "x"}'])
def test_a_bad_specification_is_a_sentence(environ, text):
    if text is None:
        del environ["IPAI_SPEC"]
    else:
        environ["IPAI_SPEC"] = text
    status, lines = run(lambda job: {}, environ)
    assert status == 1
    assert "specification" in lines[-1]["result"]["cause"]


def test_an_unknown_verb_tells_the_known_ones(capsys):
    assert main(["dance"]) == 2
    assert "build, database, update" in capsys.readouterr().err


def test_old_runs_leave_the_spool_when_a_job_starts(places, environ):
    for name, age_days in (("1", 9), ("2", 1)):
        folder = places.spool / name
        folder.mkdir()
        (folder / "build-1.jsonl").write_text("{}\n")
        for path in (folder / "build-1.jsonl", folder):
            os.utime(path, (time.time() - age_days * 86400,) * 2)
    run(lambda job: {}, environ)
    assert sorted(path.name for path in places.spool.iterdir()) == ["2", "7"]


CHATTER = """
import itertools, sys
sys.path.insert(0, {toolbox!r})
from ipai_toolbox.job import run_job
def verb(job):
    for number in itertools.count():
        job.events.info(f"line {{number}}")
sys.exit(run_job(verb))
"""


def start_chatter(environ) -> subprocess.Popen:
    code = CHATTER.format(toolbox=str(TOOLBOX))
    return subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **environ}, stdout=subprocess.PIPE
    )


def read_some(process, number: int) -> list[dict]:
    return [json.loads(process.stdout.readline()) for _ in range(number)]


def test_kill_9_loses_no_line_that_anybody_could_have_read(environ):
    process = start_chatter(environ)
    read_some(process, 500)
    process.send_signal(signal.SIGKILL)
    printed = 500 + len(process.stdout.read().splitlines())
    process.wait(timeout=10)

    environ["IPAI_SPEC"] = json.dumps(
        {"run": 7, "step": "build", "attempt": 2, "fence": "7-build-2"}
    )
    _status, lines = run(lambda job: {}, environ)
    first = [line for line in lines if line.get("attempt") == 1]
    assert len(first) >= printed - 1
    assert [line["seq"] for line in first] == list(range(1, len(first) + 1))
    assert [line["message"] for line in first] == [f"line {number}" for number in range(len(first))]


def test_a_stopped_job_has_no_result_so_its_step_is_done_again(environ):
    process = start_chatter(environ)
    read_some(process, 10)
    process.send_signal(signal.SIGTERM)
    output = process.stdout.read().decode().splitlines()
    assert process.wait(timeout=10) == 128 + signal.SIGTERM
    last = json.loads(output[-1])
    assert last["message"].startswith("The job was stopped from outside")
    assert not [line for line in output if "result" in json.loads(line)]


@pytest.mark.parametrize(("not_before", "waits"), [(1000.3, 0.3), (900, 0), (5000, 2), ("x", None)])
def test_a_job_lets_what_was_under_way_end_and_believes_no_wrong_clock(
    environ, monkeypatch, not_before, waits
):
    order, slept = json.loads(environ["IPAI_SPEC"]), []
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    monkeypatch.setattr(time, "sleep", slept.append)
    environ["IPAI_SPEC"] = json.dumps({**order, "not_before": not_before})
    run(lambda job: slept.append("verb") or {}, environ)
    assert slept == ([pytest.approx(waits)] if waits is not None else []) + ["verb"]
