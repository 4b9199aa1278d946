"""Runs one verb as a job: replay, guard, result. A job that ended by itself has a result line last.

One that was stopped from outside has none, as one that was killed: whoever cancelled it knows, and
otherwise (the daemon restarted, the machine went down) the step is to be done again.
"""

import json
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass

from .blank import blanker, secret_values
from .events import Events
from .outcome import Failure, Stopped
from .places import Places, places_from
from .settle import settled, shut
from .spec import Spec, read_spec
from .spool import Spool, remove_old

LONGEST_DRAIN_SECONDS = 2
STOPPED = 128 + signal.SIGTERM  # the exit status of what a signal ended


@dataclass(frozen=True)
class Job:
    """What a verb gets: its specification, its voice and its places."""

    spec: Spec
    events: Events
    places: Places


def run_job(verb, environ=os.environ, out=None) -> int:
    """Run `verb(job) -> dict` and say its result; gives the exit status."""
    places, name = places_from(environ), environ.get("IPAI_RUN_AS")
    try:
        spec = read_spec(environ.get("IPAI_SPEC"))
        attempt = (spec.run, spec.step, spec.attempt)
    except Failure as failure:
        return _say_without_spool(failure, out or sys.stdout)
    folder = shut(places.spool, name)
    spool = Spool(folder, *attempt)
    if not _has_turn(spool):
        return STOPPED
    return _run_spooled(settled(verb, places, name, folder), spec, spool, places, out)


def _has_turn(spool: Spool) -> bool:
    """False for a job whose step was handed to a later attempt: it must not touch what that one made."""
    try:
        return spool.take_turn()
    except OSError:
        return True  # a full disk is said where the spool is opened


def _run_spooled(verb, spec: Spec, spool: Spool, places: Places, out) -> int:
    said = spool.own_lines()
    events = Events(
        spool, spec.fence, blank=blanker(_secrets(places, spec)), out=out, last_seq=_last_seq(said)
    )
    replay(spool, events)
    finished = _finished(said, spec.fence)
    if finished is not None:
        return 0 if finished.get("ok") else 1
    _open(spool, events)
    try:
        result = _guarded(verb, Job(spec, events, places))
    except Stopped:
        events.info(Stopped.cause)
        spool.close()
        return STOPPED
    events.result(result)
    spool.close()
    return 0 if result["ok"] else 1


def replay(spool: Spool, events: Events) -> int:
    """Print what earlier attempts of this step said; gives the number of lines."""
    number = 0
    with suppress(OSError):
        for line in spool.earlier_lines():
            events.repeat(line)
            number += 1
    return number


def _guarded(verb, job: Job) -> dict:
    previous = _stop_on_terminate()
    try:
        _wait_for_drain(job.spec)
        return {"ok": True, **verb(job)}
    except Failure as failure:
        return _failed(job, failure)
    except OSError as error:
        return _failed(job, _system_failure(job, error))
    except Exception as error:
        return _failed(job, _own_fault(job, error))
    finally:
        _restore(previous)


def _wait_for_drain(spec: Spec) -> None:
    """Until the moment the order names, in Unix time; a clock that is wrong costs no more than a drain."""
    moment = spec.get("not_before", 0)
    if isinstance(moment, int | float):
        time.sleep(min(max(moment - time.time(), 0), LONGEST_DRAIN_SECONDS))


def _failed(job: Job, failure: Failure) -> dict:
    job.events.error(failure.cause)
    return {"ok": False, "cause": failure.cause, "hint": failure.hint}


def _system_failure(job: Job, error: OSError) -> Failure:
    if error.errno == 28:
        return disk_full()
    return _own_fault(job, error)


def disk_full() -> Failure:
    return Failure(
        "The disk of the machine that ran this job is full",
        "Free space there (docker system df shows what takes it), then retry the run",
    )


def _own_fault(job: Job, error: Exception) -> Failure:
    job.events.error(traceback.format_exc().rstrip())
    step = job.spec.step
    return Failure(
        f"The platform's own code failed in step {step}: {type(error).__name__}: {error}",
        "Retry the run; if it happens again, report it with the traceback in this run's log",
    )


def _open(spool: Spool, events: Events) -> None:
    with suppress(OSError):  # another job may be removing the same
        remove_old(spool.folder.parent)
    try:
        spool.open()
    except OSError as error:
        events.warning(
            f"The spool cannot be opened ({error.strerror}): lines are only in this log."
        )


def _stop_on_terminate():
    def stop(_signal, _frame):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stopped

    with suppress(ValueError):
        return signal.signal(signal.SIGTERM, stop)
    return None


def _restore(previous) -> None:
    with suppress(ValueError, TypeError):
        signal.signal(signal.SIGTERM, previous)


def _secrets(places: Places, spec: Spec) -> list[str]:
    try:
        return secret_values(places, spec.values)
    except (OSError, ValueError):
        return []


def _last_seq(lines: list[str]) -> int:
    return max((json.loads(line).get("seq", 0) for line in lines), default=0)


def _finished(lines: list[str], fence: str) -> dict | None:
    for line in map(json.loads, lines):
        if line.get("fence") == fence and isinstance(line.get("result"), dict):
            return line["result"]
    return None


def _say_without_spool(failure: Failure, out) -> int:
    line = {"seq": 1, "result": {"ok": False, "cause": failure.cause, "hint": failure.hint}}
    out.write(json.dumps(line) + "\n")
    out.flush()
    return 1
