"""Two worlds with one contract: containers in memory, and containers of the real Docker Swarm."""

import json
import os
import time
from pathlib import Path

import pytest
from ipai_ops.adapters.swarm import SwarmRuntime
from ipai_ops.engine.platform import Platform
from ipai_ops.engine.ports import ServiceState
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

    def close(self):
        """Nothing outlives the test."""


class SwarmWorld:
    """The real engine, under an instance name of its own."""

    def __init__(self, platform, password):
        self.platform = platform
        self.runtime = SwarmRuntime(platform, password)

    def fails(self, fingerprint):
        """The service's own health command fails; nothing to arrange."""

    def until(self, fact):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not fact():
            if time.monotonic() > deadline:
                pytest.fail("The swarm did not get there in time.")
            time.sleep(0.1)

    def close(self):
        observed = self.runtime.observe()
        for name in (*observed.jobs, *observed.services):
            self.runtime.remove(name)


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
