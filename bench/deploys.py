"""Deploys on the running instance: overhead of the control plane, reaction to a push, a second push.

A job lasts from the service Docker is given to its container's end: the scheduling in between is Docker's.
"""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import requests

from .measure import Row

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "script"), str(ROOT / "tests" / "integration")]

from docker_world import DockerWorld  # noqa: E402
from repository import Repository  # noqa: E402
from suite import Suite  # noqa: E402

from odoo.addons.ipai_ops.adapters.swarm import SwarmRuntime  # noqa: E402
from odoo.addons.ipai_ops.engine.platform import Platform  # noqa: E402
from odoo.addons.ipai_ops.engine.ports import JobSpec, JobState, Mount, SecretFile  # noqa: E402

from provision import docker_engine  # noqa: E402
from provision.settings import current_settings  # noqa: E402

REQUIREMENT = "odoo-addon-partner-firstname==19.0.*\n"
DOCKERFILE = """ARG BASE
FROM $BASE
USER root
RUN --mount=type=cache,target=/root/.cache/pip true
COPY addons /opt/ipai/addons
USER odoo
"""
FIRST_LINE_TARGET_SECONDS = 2.0
OVERHEAD_TARGET = 0.10
BUILD_TIMEOUT_SECONDS = 300
ENDS = {"release": "health_status: healthy"}  # by what a step's work is over; of a job, its end


def rows():
    """Return the rows that need real deploys; takes some three minutes."""
    yard = Yard()
    first = yard.deploy_first()
    second, first_line = yard.push_a_change()
    return [
        _first_line(first_line),
        _overhead(yard, first, "first deploy of an environment"),
        _overhead(yard, second, "push that changes one file"),
        _second_push(yard, second),
    ]


class JobTimes:
    """For how long Docker was at work for each run: from the service it was given to the container's end.

    Listens to events as they happen, because Docker keeps only the last few hundred. A release ends
    when its container is healthy.
    """

    KINDS = ("create", "update", "die", "health_status")

    def __init__(self, client):
        self._asked, self._seconds = {}, defaultdict(float)
        filters = {"type": ["service", "container"], "event": list(self.KINDS)}
        events = client.api.events(decode=True, filters=filters)
        threading.Thread(target=self._follow, args=(events,), daemon=True).start()

    def seconds(self, run):
        """Return the seconds during which the run's jobs and its release were under way."""
        return self._seconds[str(run)]

    def _follow(self, events):
        for event in events:
            facts, moment = event["Actor"]["Attributes"], event["timeNano"] / 1e9
            if event["Type"] == "service":
                self._asked[facts.get("name")] = moment
            elif event["Action"] == ENDS.get(facts.get("ipai.step"), "die"):
                asked = self._asked.pop(facts.get("com.docker.swarm.service.name"), moment)
                self._seconds[facts.get("ipai.run")] += moment - asked


class Yard:
    """A throw-away project on the running instance."""

    def __init__(self):
        self.settings = current_settings()
        self.suite = Suite(self.settings)
        self.docker = DockerWorld(self.settings)
        self.code = f"bench{uuid.uuid4().hex[:4]}"
        self.secret = uuid.uuid4().hex
        host = self.suite.facts["control_url"].split("/")[2].partition(":")[0]
        served = f"git://{host}:{self.settings.ports['git']}"
        clone = tempfile.mkdtemp(prefix="ipai-bench-")
        self.repository = Repository(self.suite.repositories, clone, self.code, served)
        values = {"forge": "gitea", "new_webhook_secret": self.secret}
        self.project = self.suite.project(self.code, self.repository.url, **values)
        self.environment = self.suite.environment(self.project, stage="production")
        self.job_times = JobTimes(self.docker.client)

    def deploy_first(self):
        self.repository.addon("bench_base", ("base", "partner_firstname"))
        self.repository.write("requirements.txt", REQUIREMENT).push("First")
        run = self.suite.deploy(self.code)
        self._done(run)
        return run

    def push_a_change(self):
        """Push one changed file; return the run and the seconds from the hook to its first line."""
        self.repository.write("bench_base/data.txt", uuid.uuid4().hex)
        commit = self.repository.push("Change one file")
        start = time.perf_counter()
        run = self._tell_of_push(commit)
        domain = [["run_id", "=", run], ["step_id", "!=", False]]
        self.suite.until(lambda: self.suite.search("ops.run.event", domain, "id"), 30, "A line.")
        first_line = time.perf_counter() - start
        self._done(run)
        return run, first_line

    def _tell_of_push(self, commit):
        before = "0" * 40
        body = json.dumps(
            {
                "ref": "refs/heads/main",
                "before": before,
                "after": commit,
                "commits": [],
                "repository": {"full_name": self.code, "clone_url": self.repository.url},
                "pusher": {"username": "ada"},
            }
        ).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Gitea-Event": "push",
            "X-Gitea-Delivery": str(uuid.uuid4()),
            "X-Gitea-Signature": signature,
        }
        url = f"{self.suite.facts['control_url']}/ipai/hook/{self.code}"
        answer = requests.post(url, data=body, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json()["run"]

    def _done(self, run):
        ended = self.suite.finished(run)
        if ended["state"] != "done":
            raise SystemExit(f"The benchmark's deploy failed: {ended['cause']}")


def _first_line(seconds):
    return Row(
        "webhook to the first log line",
        f"{seconds:.2f} s",
        "",
        "",
        f"< {FIRST_LINE_TARGET_SECONDS:.0f} s",
        seconds < FIRST_LINE_TARGET_SECONDS,
    )


def _overhead(yard, run, which):
    """Compare the run's time with the time Docker was at work for it, by Docker's own events."""
    attempts = [attempt for step in yard.suite.steps(run) for attempt in step["attempts"] or ()]
    start, end = _moment(attempts[0]["started_at"]), _moment(attempts[-1]["ended_at"])
    whole = end - start
    jobs = yard.job_times.seconds(run)
    share = (whole - jobs) / whole
    return Row(
        f"control-plane overhead, (run − jobs) / run: {which}",
        f"{share:.1%}",
        f"run {whole:.1f} s, jobs {jobs:.1f} s",
        f"{whole / jobs:.2f}",
        f"≤ {OVERHEAD_TARGET:.0%}",
        share <= OVERHEAD_TARGET,
    )


def _moment(text):
    return datetime.fromisoformat(f"{text}+00:00").timestamp()


def _second_push(yard, run):
    """Compare a second push with a bare docker build and odoo -u, by hand."""
    [seconds] = [yard.suite.read("ops.run", run, "duration_seconds")["duration_seconds"]]
    bare = _bare_build(yard) + _bare_update(yard, run)
    return Row(
        "second push that changes one file",
        f"{seconds:.1f} s",
        f"docker build + odoo -u {bare:.1f} s",
        f"{seconds / bare:.2f}",
        "",
    )


def _bare_build(yard):
    """Return the seconds of a warm docker build with one changed file."""
    base = yard.suite.facts["images"]["odoo"]
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        (context / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
        addon = context / "addons" / "bench_base"
        addon.mkdir(parents=True)
        command = docker_engine.docker("build", "--quiet", "--build-arg", f"BASE={base}", folder)
        options = {"check": True, "timeout": BUILD_TIMEOUT_SECONDS, "stdout": subprocess.DEVNULL}
        buildkit = {**os.environ, "DOCKER_BUILDKIT": "1"}
        for text in ("first", "second"):
            (addon / "data.txt").write_text(text, encoding="utf-8")
            start = time.perf_counter()
            subprocess.run(command, env=buildkit, **options)
        return time.perf_counter() - start


def _bare_update(yard, run):
    """Return the seconds of odoo -u in the built image, as a job that knows nothing of us."""
    facts = Platform.from_dict(yard.suite.facts)
    password = Path(facts.registry["password_file"]).read_text(encoding="utf-8").strip()
    runtime = SwarmRuntime(facts, password)
    image = yard.suite.step(run, "build")["result"]["image"]
    words = ["odoo", "-c", "/run/secrets/odoo.conf", "--addons-path", "/opt/ipai/addons"]
    volume = f"{facts.instance}-env-{yard.environment}-data"
    job = JobSpec(
        name=f"{yard.code}-bare",
        image=image,
        command=(*words, "-u", "bench_base", "--stop-after-init", "--no-http", "--workers", "0"),
        labels={"ipai.instance": f"{facts.instance}-bench", "ipai.step": "bare"},
        user="odoo",
        networks=(facts.network("production"),),
        mounts=(Mount(volume, "/var/lib/odoo"),),
        secrets=(SecretFile(f"{facts.instance}-run-{run}-conf", "odoo.conf"),),
    )
    watcher = SwarmRuntime(Platform(instance=f"{facts.instance}-bench", docker=facts.docker))
    start = time.perf_counter()
    runtime.start_job(job)
    yard.suite.until(
        lambda: watcher.observe().job(job.name).state is JobState.ENDED, 120, "It ends."
    )
    seconds = time.perf_counter() - start
    runtime.remove(job.name)
    watcher.tidy()
    return seconds
