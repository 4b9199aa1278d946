"""A world to test in: a runtime, a clock and a journal in memory, and a way to be killed.

FakeRuntime keeps the same contract as the Swarm adapter (one suite runs on both). ``Killer``
ends the control plane at any border crossing, before or after it took effect.
"""

import copy
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from . import effects, lifecycle
from .pipelines import plan_for
from .plan import RunState, StepState
from .platform import Platform
from .ports import (
    JobState,
    JobStatus,
    LogLine,
    Observation,
    RuntimeRefused,
    RuntimeUnavailable,
    ServiceState,
    ServiceStatus,
)

START = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
PLATFORM = Platform(
    instance="ipai",
    images={"tools": "registry/tools@sha256:1", "odoo": "registry/odoo@sha256:2"},
    registry={"address": "registry", "internal": "registry:5000"},
    secrets={"registry": "ipai-registry-auth"},
    toolbox_digest="0",
)


class Killed(BaseException):
    """The control plane's process is gone, at this very line."""


class FakeClock:
    """A clock that moves only when told."""

    def __init__(self, start=START):
        self._now = start

    def now(self):
        return self._now

    def advance(self, seconds):
        self._now += timedelta(seconds=seconds)


class Killer:
    """Kills at the n-th border crossing from now, before it (even n) or after it (odd n)."""

    def __init__(self):
        self.countdown = None

    def crossing(self):
        if self.countdown is None:
            return
        self.countdown -= 1
        if self.countdown < 0:
            self.countdown = None
            raise Killed


@dataclass
class FakeJob:
    """A job: ``lines`` it will write, how many it wrote, how many of these are still readable."""

    spec: object
    lines: list
    exit_code: int = 0
    state: JobState = JobState.PENDING
    written: int = 0
    lost_after: int | None = None
    error: str = ""

    def step(self):
        if self.state is JobState.PENDING:
            self.state = JobState.RUNNING
        elif self.state is JobState.RUNNING and self.written < len(self.lines):
            self.written += 1
        elif self.state is JobState.RUNNING:
            self.state = JobState.ENDED

    def readable(self):
        shown = self.written if self.lost_after is None else min(self.written, self.lost_after)
        return self.lines[:shown]


def job_lines(spec, result):
    """Return what a well-behaved job prints: two lines of work, then its result."""
    order = json.loads(spec.environment["IPAI_SPEC"])
    common = {"step": order["step"], "attempt": order["attempt"], "at": START.isoformat()}
    work = [
        {"seq": n, "level": "info", "message": f"working {n}", **common} for n in (1, 2)
    ]
    return [json.dumps(line) for line in (*work, {"seq": 3, "fence": order["fence"],
                                                 "result": result, **common})]


class FakeRuntime:
    """Containers in memory. ``results`` maps a step's name to the result its job reports."""

    def __init__(self, killer=None, results=None):
        self.killer = killer or Killer()
        self.results = results or {}
        self.is_down = False
        self.refuses = ""
        self.health = {}  # fingerprint -> ServiceState its release ends in
        self.jobs = {}
        self.services = {}
        self.previous = {}
        self.secrets = {}
        self.configs = {}
        self.started = Counter()
        self.released = Counter()

    # The port -------------------------------------------------------------------------------
    def observe(self):
        self._enter()
        jobs = {name: self._job_status(job) for name, job in self.jobs.items()}
        services = {name: ServiceStatus(*state) for name, state in self.services.items()}
        return Observation(jobs, services)

    def start_job(self, job):
        self._enter()
        if self.refuses:
            raise RuntimeRefused(self.refuses)
        if job.name not in self.jobs:
            result = self.results.get(job.labels["ipai.step"], {"ok": True})
            self.jobs[job.name] = FakeJob(job, job_lines(job, result))
            self.started[job.name] += 1
        self.killer.crossing()

    def remove(self, name):
        self._enter()
        self.jobs.pop(name, None)
        self.services.pop(name, None)
        self.killer.crossing()

    def converge(self, service):
        self._enter()
        running = self.services.get(service.name)
        if running is None or running[1] != service.fingerprint:
            self.previous[service.name] = running
            self.services[service.name] = (ServiceState.CONVERGING, service.fingerprint, "")
            self.released[service.fingerprint] += 1
        self.killer.crossing()

    def roll_back(self, name, fingerprint):
        self._enter()
        running = self.services.get(name)
        if running is not None and running[1] == fingerprint:
            self._back(name)
        self.killer.crossing()

    def logs(self, name, after):
        self._enter()
        job = self.jobs.get(name)
        lines = job.readable() if job else []
        start = int(after or 0)
        return [LogLine(str(place), text) for place, text in enumerate(lines, 1) if place > start]

    def ensure_secret(self, name, content, labels):
        self._enter()
        self.secrets.setdefault(name, content)

    def ensure_config(self, name, content, labels):
        self._enter()
        self.configs.setdefault(name, content)

    def remove_secret(self, name):
        self._enter()
        self.secrets.pop(name, None)

    # The world's own doing ------------------------------------------------------------------
    def advance(self):
        """Let every container live one beat."""
        if self.is_down:
            return
        for job in self.jobs.values():
            job.step()
        for name, (state, fingerprint, _error) in list(self.services.items()):
            if state is ServiceState.CONVERGING:
                ending = self.health.get(fingerprint, ServiceState.HEALTHY)
                self.services[name] = (ending, fingerprint, "")

    def kill_jobs(self):
        """End every running container the hard way: exit status 137, no result."""
        for job in self.jobs.values():
            if job.state is not JobState.ENDED:
                job.state, job.exit_code = JobState.ENDED, 137

    def restart_daemon(self):
        """Lose every running container; the task then claims success and its log is cut."""
        for job in self.jobs.values():
            if job.state is not JobState.ENDED:
                job.lost_after = max(0, job.written - 1)
                job.state, job.exit_code = JobState.ENDED, 0
        self.is_down = False

    def _back(self, name):
        before = self.previous.pop(name, None)
        if before is None:
            self.services.pop(name)
        else:
            self.services[name] = before

    def _enter(self):
        self.killer.crossing()
        if self.is_down:
            raise RuntimeUnavailable

    @staticmethod
    def _job_status(job):
        code = job.exit_code if job.state is JobState.ENDED else None
        return JobStatus(job.state, code, job.error)


@dataclass
class Memory:
    """What MemoryJournal has committed."""

    runs: dict = field(default_factory=dict)
    finished: dict = field(default_factory=dict)
    events: dict = field(default_factory=dict)
    history: list = field(default_factory=list)


class MemoryJournal:
    """The loop's journal in a dictionary; a kill loses what was not committed."""

    def __init__(self, killer=None, known_contents=b"content"):
        self.killer = killer or Killer()
        self.saved = Memory()
        self.work = Memory()
        self._content = known_contents

    def queue(self, run_id, kind, spec):
        """Queue a run as the control plane would, with the pipeline's own steps."""
        planned = plan_for(kind, spec).steps
        steps = tuple(
            StepState(s.name, s.kind, attempts=s.attempts, timeout_seconds=s.timeout_seconds,
                      label=s.label)
            for s in planned
        )
        self.work.runs[run_id] = RunState(run_id, kind, spec, steps)
        self.commit()

    def request_cancel(self, run_id):
        if run_id in self.work.runs:
            self.work.runs[run_id] = replace(self.work.runs[run_id], cancel_requested=True)
            self.saved = copy.deepcopy(self.work)

    def after_kill(self):
        """What a new process finds."""
        self.work = copy.deepcopy(self.saved)

    # The port -------------------------------------------------------------------------------
    def active(self):
        return list(self.work.runs.values())

    def reload(self, run_id):
        return self.work.runs.get(run_id)

    def commit(self):
        self.killer.crossing()
        self.saved = copy.deepcopy(self.work)
        self.killer.crossing()

    def content(self, run_id, what):
        return self._content

    def stalled(self, is_stalled, now):
        for run_id, run in self.work.runs.items():
            since = (run.stalled_since or now) if is_stalled else None
            self.work.runs[run_id] = replace(run, stalled_since=since)

    def ingest(self, run_id, step, lines):
        run = self.work.runs[run_id]
        state = next(s for s in run.steps if s.name == step)
        for line in lines:
            data = json.loads(line.text)
            self.work.events[(run_id, data["step"], data["attempt"], data["seq"])] = data
            if data.get("fence") == f"{run_id}-{step}-{state.attempt}":
                state = replace(state, result=data["result"])
        self._put(run, replace(state, log_cursor=lines[-1].cursor))

    def record(self, run_id, effect, now):
        run = self.work.runs[run_id]
        if isinstance(effect, effects.FinishRun):
            self.work.finished[run_id] = effect
            self.work.history.append((run_id, "run", effect.state))
            del self.work.runs[run_id]
            return
        if isinstance(effect, effects.Wait):
            return
        state = next(s for s in run.steps if s.name == effect.step)
        self._put(run, self._step_after(run_id, state, effect, now))

    def _step_after(self, run_id, state, effect, now):
        match effect:
            case effects.StartJob(attempt=attempt) | effects.Converge(attempt=attempt):
                if state.attempt == attempt and state.state == "running":
                    return state
                lifecycle.check_step(state.state, "running")
                return replace(state, state="running", attempt=attempt, started_at=now,
                               ended_seen_at=None, result=None, log_cursor="")
            case effects.NoteEnded():
                return replace(state, ended_seen_at=now)
            case effects.VoidAttempt(reason=reason):
                lifecycle.check_step(state.state, "pending")
                return replace(state, state="pending", last_void=reason, ended_seen_at=now)
            case effects.FinishStep(state=following, result=result):
                lifecycle.check_step(state.state, following)
                self.work.history.append((run_id, state.name, following))
                return replace(state, state=following, result=result or state.result)
        raise TypeError(effect)

    def _put(self, run, state):
        steps = tuple(state if s.name == state.name else s for s in run.steps)
        self.work.runs[run.id] = replace(run, steps=steps)


def deploy_spec(**changes):
    """Return a small, valid spec of a deploy."""
    environment = {"id": 7, "slug": "main", "name": "main", "stage": "production",
                   "host": "acme-main", "database": None, "memory_mb": 1024,
                   "demo": False, "run_tests": False}
    server = {"name": "production", "host": "pg", "port": 5432, "admin_secret": "pg-password"}
    return {"project": {"id": 1, "code": "acme", "repository_url": "git://x/acme.git"},
            "environment": environment, "server": server, "ref": "refs/heads/main",
            "commit": "3f2c1a", "base_url": "http://acme-main.localhost", **changes}
