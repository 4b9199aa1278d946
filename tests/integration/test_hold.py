"""A production deploy under load: requests wait while modules are updated, and none fails."""

import threading
import time
from dataclasses import dataclass

import pytest
from parity import parity

VERSION = "/web/webclient/version_info"
SLOW_UPDATE_SECONDS = 4
SLOW_UPDATE = f"""
import sys
import time

if "--stop-after-init" in sys.argv:
    time.sleep({SLOW_UPDATE_SECONDS})
"""


@dataclass(frozen=True)
class Answer:
    """What a visitor got: the number they sent and the one that came back, and how long it took."""

    sent: int
    status: int
    echoed: int | None
    seconds: float


class Visitors:
    """Two people who never stop asking; each request carries a number that must come back."""

    def __init__(self, suite, host):
        self.suite, self.host = suite, host
        self.answers, self.stop = [], threading.Event()
        self.threads = [threading.Thread(target=self._visit, args=(n,)) for n in (0, 1)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self.stop.set()
        for thread in self.threads:
            thread.join(90)

    def _visit(self, place):
        number = place
        while not self.stop.wait(0.05):
            number += 2
            self.answers.append(self._ask(number))

    def _ask(self, number):
        body = {"jsonrpc": "2.0", "method": "call", "id": number, "params": {}}
        start = time.monotonic()
        answer = self.suite.post(self.host, VERSION, json=body)
        seconds = time.monotonic() - start
        echoed = answer.json().get("id") if answer.status_code == 200 else None
        return Answer(number, answer.status_code, echoed, seconds)


@pytest.fixture(scope="module")
def busy(suite, new_project):
    """A deployed production that will be updated slowly: (project, its environment's id)."""
    project = new_project("busy")
    project.repository.addon("busy_base").push("First")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return project, suite.environment(project.id, stage="production")


@parity("B3")
def test_nobody_gets_an_error_while_production_is_updated(suite, busy):
    project, environment = busy
    project.repository.write("busy_base/__init__.py", SLOW_UPDATE).push("Slow update")
    with Visitors(suite, suite.host(environment)) as visitors:
        run = suite.deploy(project.code)
        assert suite.finished(run)["state"] == "done", suite.log(run)
    wrong = [answer for answer in visitors.answers if answer.echoed != answer.sent]
    assert not wrong, f"{len(wrong)} of {len(visitors.answers)} failed: {wrong[:5]}"
    assert max(answer.seconds for answer in visitors.answers) > SLOW_UPDATE_SECONDS
    assert len(visitors.answers) > 50


def test_a_failed_update_lets_the_visitors_go_on(suite, busy):
    project, environment = busy
    broken = 'raise RuntimeError("This version does not load.")\n'
    project.repository.write("busy_base/__init__.py", broken).push("Broken")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "failed"
    assert suite.read("ops.environment", environment, "held_until")["held_until"] is False
    suite.until(lambda: suite.get(suite.host(environment)).status_code == 200, 20, "It answers.")
