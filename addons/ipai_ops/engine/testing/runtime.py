"""Containers in memory, with the manners of the real ones."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .. import volumes
from ..ports import (
    ContainerSpec,
    JobSpec,
    JobState,
    JobStatus,
    LogLine,
    Observation,
    RuntimeRefused,
    RuntimeUnavailable,
    ServiceSpec,
    ServiceState,
    ServiceStatus,
)
from .world import START, Killer

Service = tuple[ServiceState, str, str]  # state, fingerprint, error


@dataclass
class FakeJob:
    """A job: ``lines`` it will write, how many it wrote, how many of these are still readable."""

    spec: JobSpec
    lines: list[str]
    exit_code: int = 0
    state: JobState = JobState.PENDING
    written: int = 0
    lost_after: int | None = None
    error: str = ""

    def step(self) -> None:
        if self.state is JobState.PENDING:
            self.state = JobState.RUNNING
        elif self.state is JobState.RUNNING and self.written < len(self.lines):
            self.written += 1
        elif self.state is JobState.RUNNING:
            self.state = JobState.ENDED

    def readable(self) -> list[str]:
        shown = self.written if self.lost_after is None else min(self.written, self.lost_after)
        return self.lines[:shown]


def job_lines(spec: JobSpec, result: Mapping) -> list[str]:
    """Return what a well-behaved job prints: two lines of work, then its result."""
    order = json.loads(spec.environment["IPAI_SPEC"])
    common = {"step": order["step"], "attempt": order["attempt"], "at": START.isoformat()}
    work = [{"seq": n, "level": "info", "message": f"working {n}", **common} for n in (1, 2)]
    return [
        json.dumps(line)
        for line in (*work, {"seq": 3, "fence": order["fence"], "result": result, **common})
    ]


class FakeRuntime:
    """Containers in memory. ``results`` maps a step's name to the result its job reports."""

    def __init__(self, killer: Killer | None = None, results: Mapping[str, Mapping] | None = None):
        self.killer = killer or Killer()
        self.results = results or {}
        self.is_down = False
        self.refuses = ""
        self.health: dict[str, ServiceState] = {}  # by fingerprint: what its release ends in
        self.jobs: dict[str, FakeJob] = {}
        self.services: dict[str, Service] = {}
        self.previous: dict[str, Service | None] = {}
        self.secrets: dict[str, bytes] = {}
        self.configs: dict[str, bytes] = {}
        self.volumes: dict[str, dict[str, str]] = {}  # by name: its labels
        self.started: Counter[str] = Counter()
        self.released: Counter[str] = Counter()

    # The port -------------------------------------------------------------------------------
    def observe(self) -> Observation:
        self._enter()
        jobs = {name: self._job_status(job) for name, job in self.jobs.items()}
        services = {name: ServiceStatus(*state) for name, state in self.services.items()}
        return Observation(jobs, services)

    def start_job(self, job: JobSpec) -> None:
        self._enter()
        if self.refuses:
            raise RuntimeRefused(self.refuses)
        self._mount(job)
        if job.name not in self.jobs:
            result = self.results.get(job.labels["ipai.step"], {"ok": True})
            self.jobs[job.name] = FakeJob(job, job_lines(job, result))
            self.started[job.name] += 1
        self.killer.crossing()

    def remove(self, name: str) -> None:
        self._enter()
        self.jobs.pop(name, None)
        self.services.pop(name, None)
        self.killer.crossing()

    def converge(self, service: ServiceSpec) -> None:
        self._enter()
        self._mount(service)
        running = self.services.get(service.name)
        if running is None or running[1] != service.fingerprint:
            self.previous[service.name] = running
            self.services[service.name] = (ServiceState.CONVERGING, service.fingerprint, "")
            self.released[service.fingerprint] += 1
        self.killer.crossing()

    def roll_back(self, name: str, fingerprint: str) -> None:
        self._enter()
        running = self.services.get(name)
        if running is not None and running[1] == fingerprint:
            self._back(name)
        self.killer.crossing()

    def logs(self, name: str, after: str) -> list[LogLine]:
        self._enter()
        job = self.jobs.get(name)
        lines = job.readable() if job else []
        start = int(after or 0)
        return [LogLine(str(place), text) for place, text in enumerate(lines, 1) if place > start]

    def ensure_secret(self, name: str, content: bytes, labels: Mapping[str, str]) -> None:
        self._enter()
        self.secrets.setdefault(name, content)

    def ensure_config(self, name: str, content: bytes, labels: Mapping[str, str]) -> None:
        self._enter()
        self.configs.setdefault(name, content)

    def remove_secret(self, name: str) -> None:
        self._enter()
        self.secrets.pop(name, None)

    # The world's own doing ------------------------------------------------------------------
    def advance(self) -> None:
        """Let every container live one beat."""
        if self.is_down:
            return
        for job in self.jobs.values():
            job.step()
        for name, (state, fingerprint, _error) in list(self.services.items()):
            if state is ServiceState.CONVERGING:
                ending = self.health.get(fingerprint, ServiceState.HEALTHY)
                self.services[name] = (ending, fingerprint, "")

    def kill_jobs(self) -> None:
        """End every running container the hard way: exit status 137, no result."""
        for job in self.jobs.values():
            if job.state is not JobState.ENDED:
                job.state, job.exit_code = JobState.ENDED, 137

    def restart_daemon(self) -> None:
        """Lose every running container; the task then claims success and its log is cut."""
        for job in self.jobs.values():
            if job.state is not JobState.ENDED:
                job.lost_after = max(0, job.written - 1)
                job.state, job.exit_code = JobState.ENDED, 0
        self.is_down = False

    def _mount(self, container: ContainerSpec) -> None:
        for mount in container.mounts:
            if mount.source.startswith("/"):
                continue
            wanted = volumes.labels_of(mount, container.labels)
            found = self.volumes.setdefault(mount.source, wanted)
            if reason := volumes.refusal(mount.source, wanted, found):
                raise RuntimeRefused(reason)

    def _back(self, name: str) -> None:
        before = self.previous.pop(name, None)
        if before is None:
            self.services.pop(name)
        else:
            self.services[name] = before

    def _enter(self) -> None:
        self.killer.crossing()
        if self.is_down:
            raise RuntimeUnavailable

    @staticmethod
    def _job_status(job: FakeJob) -> JobStatus:
        code = job.exit_code if job.state is JobState.ENDED else None
        return JobStatus(job.state, code, job.error)
