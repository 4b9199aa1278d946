"""Two worlds with one contract: containers in memory, and containers of the real Docker Swarm."""

import json
import os
import time
import uuid
from contextlib import suppress
from pathlib import Path

import docker
import pytest
from docker.errors import APIError
from ipai_ops.adapters.swarm import SwarmRuntime
from ipai_ops.engine.platform import Platform
from ipai_ops.engine.ports import JobSpec, JobState, RuntimeRefused, SecretFile, ServiceState
from ipai_ops.engine.testing import FakeRuntime

DEADLINE_SECONDS = 60


class FakeWorld:
    """Time passes when somebody waits."""

    platform = Platform(images={"tools": "tools@sha256:1"})

    def __init__(self):
        self.runtime = FakeRuntime()

    def fails(self, fingerprint):
        self.runtime.health[fingerprint] = ServiceState.FAILING

    def until(self, fact):
        for _beat in range(50):
            if fact():
                return
            self.runtime.advance()
        pytest.fail("The fake runtime never got there.")

    def secret_content(self, name):
        """Return a secret's content, or None where there is no such secret."""
        return self.runtime.secrets.get(name)

    def make_volume(self, name, labels):
        self.runtime.volumes[name] = labels

    def volume_labels(self, name):
        return self.runtime.volumes[name]

    def close(self):
        """Nothing outlives the test."""


class SwarmWorld:
    """The real engine, under an instance name of its own."""

    deadline_seconds = DEADLINE_SECONDS

    def __init__(self, platform, password):
        self.platform = platform
        self.runtime = SwarmRuntime(platform, password)
        self.client, self.made = docker.from_env(), []

    def fails(self, fingerprint):
        """The service's own health command fails; nothing to arrange."""

    def until(self, fact):
        deadline = time.monotonic() + self.deadline_seconds
        while not fact():
            if time.monotonic() > deadline:
                pytest.fail("The swarm did not get there in time.")
            time.sleep(0.1)

    def secret_content(self, name):
        """Have a job print the secret, the only way to see one; None where there is none."""
        job = JobSpec(
            name=f"contract-reader-{uuid.uuid4().hex[:8]}",
            image=self.platform.images["tools"],
            command=("cat", "/run/secrets/it"),
            labels={"ipai.instance": self.platform.instance, "ipai.step": "read"},
            secrets=(SecretFile(name, "it"),),
        )
        try:
            self.runtime.start_job(job)
        except RuntimeRefused:
            return None
        self.until(lambda: self.runtime.observe().job(job.name).state is JobState.ENDED)
        [line] = self.runtime.logs(job.name, "")
        self.runtime.remove(job.name)
        return line.text.encode()

    def make_volume(self, name, labels):
        self.client.volumes.create(name, labels=labels)
        self.made.append(name)

    def volume_labels(self, name):
        self.made.append(name)
        return self.client.volumes.get(name).attrs["Labels"]

    def close(self):
        observed = self.runtime.observe()
        for name in (*observed.jobs, *observed.services):
            self.runtime.remove(name)
        self.until(lambda: self.runtime.tidy() or self._are_gone(self.made))

    def _are_gone(self, names):
        for volume in self.client.volumes.list():
            if volume.name in names:
                with suppress(APIError):  # its last container is just ending
                    volume.remove()
        return not {volume.name for volume in self.client.volumes.list()} & set(names)


@pytest.fixture(params=["fake", "swarm"])
def world(request):
    made = FakeWorld() if request.param == "fake" else _swarm_world()
    yield made
    made.close()


def _swarm_world():
    facts = json.loads(
        (Path(os.environ["IPAI_STATE"]) / "platform.json").read_text(encoding="utf-8")
    )
    password = Path(facts["registry"]["password_file"]).read_text(encoding="utf-8").strip()
    contract = Platform.from_dict({**facts, "instance": facts["instance"] + "-contract"})
    return SwarmWorld(contract, password)
