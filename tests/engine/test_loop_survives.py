"""Whatever is killed, and whenever: a run ends right, once, and leaves nothing behind."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipai_ops.engine.loop import tick
from ipai_ops.engine.ports import ServiceState
from ipai_ops.engine.testing import (
    PLATFORM,
    FakeClock,
    FakeRuntime,
    Killed,
    Killer,
    MemoryJournal,
    deploy_spec,
)

TICKS_UNTIL_SURELY_OVER = 400
TROUBLES = ("kill control plane", "kill job", "restart dockerd", "docker down", "nothing")


class World:
    """A control plane with its runtime, driven beat by beat."""

    def __init__(self, results=None):
        self.killer = Killer()
        self.clock = FakeClock()
        self.runtime = FakeRuntime(self.killer, results)
        self.journal = MemoryJournal(self.killer)

    def beat(self):
        try:
            tick(self.journal, self.runtime, self.clock, PLATFORM)
        except Killed:
            self.journal.after_kill()
        self.runtime.advance()
        self.clock.advance(1)

    def trouble(self, kind, crossing):
        if kind == "kill control plane":
            self.killer.countdown = crossing
        elif kind == "kill job":
            self.runtime.kill_jobs()
        elif kind == "restart dockerd":
            self.runtime.restart_daemon()
        elif kind == "docker down":
            self.runtime.is_down = True

    def calm(self):
        self.killer.countdown = None
        if self.runtime.is_down:
            self.runtime.restart_daemon()

    def finish(self, faulty=()):
        self.calm()
        return self.finish_without_calm(faulty)

    def finish_without_calm(self, faulty=()):
        for _beat in range(TICKS_UNTIL_SURELY_OVER):
            self.beat()
            if not self.journal.saved.runs:
                break
        self.beat()
        assert {run for run, _fault in self.journal.faults} == set(faulty), self.journal.faults
        return self.journal.saved.finished


def run_deploy(world, spec=None):
    world.journal.queue(1, "deploy", spec or deploy_spec())
    return world.finish()


def test_an_undisturbed_deploy_is_done_with_each_step_once():
    world = World()
    finished = run_deploy(world)
    assert finished[1].state == "done"
    steps = [name for run, name, state in world.journal.saved.history if state == "done"]
    assert steps == ["build", "database", "hold", "update", "release", "resume", "smoke", "run"]
    assert set(world.runtime.started.values()) == {1}
    assert not world.runtime.jobs


@pytest.mark.parametrize("crossing", range(24))
def test_letting_go_is_done_once_wherever_the_control_plane_is_killed(crossing):
    world = World()
    world.journal.queue(1, "deploy", deploy_spec())
    while world.journal.saved.runs[1].current_step.name != "release":
        world.beat()
    world.trouble("kill control plane", crossing)
    assert world.finish_without_calm()[1].state == "done"
    history = [name for _run, name, state in world.journal.saved.history if state == "done"]
    assert history.count("resume") == 1


def test_a_failed_step_ends_the_run_with_its_sentence():
    world = World({"build": {"ok": False, "cause": "No branch main.", "hint": "Push it."}})
    finished = run_deploy(world)
    assert finished[1].state == "failed"
    assert ("1", "update") not in world.runtime.started
    assert not world.runtime.jobs and not world.runtime.services


def test_a_release_that_never_gets_healthy_leaves_the_old_one():
    world = World()
    run_deploy(world)
    serving = dict(world.runtime.services)
    for fingerprint in ("any",):
        world.runtime.health[fingerprint] = ServiceState.FAILING
    world.runtime.health = _AllFailing()
    world.journal.queue(2, "deploy", deploy_spec())
    assert world.finish()[2].state == "failed"
    assert world.runtime.services == serving


class _AllFailing(dict):
    def get(self, _key, _default=None):
        return ServiceState.FAILING


def test_a_failed_smoke_test_takes_the_release_back():
    world = World({"smoke": {"ok": False, "cause": "502", "hint": ""}})
    assert run_deploy(world)[1].state == "failed"
    assert not world.runtime.services


def test_a_first_release_that_fails_leaves_nothing_running():
    world = World()
    world.runtime.health = _AllFailing()
    assert run_deploy(world)[1].state == "failed"
    assert not world.runtime.services


def test_an_interrupted_job_that_claims_success_is_tried_again():
    world = World()
    world.journal.queue(1, "deploy", deploy_spec())
    for _beat in range(3):
        world.beat()
    world.runtime.restart_daemon()
    assert world.finish()[1].state == "done"
    assert world.runtime.started["ipai-run-1-build-2"] == 1


def test_a_job_killed_every_time_is_given_up_with_a_reason():
    world = World()
    world.journal.queue(1, "deploy", deploy_spec())
    for _beat in range(60):
        world.beat()
        world.runtime.kill_jobs()
    assert world.journal.saved.finished[1].state == "failed"
    assert world.runtime.started["ipai-run-1-build-3"] == 1
    assert not world.runtime.started["ipai-run-1-build-4"]


def test_docker_down_for_long_ends_the_run_and_a_return_cleans_up():
    world = World()
    world.journal.queue(1, "deploy", deploy_spec())
    world.beat()
    world.runtime.is_down = True
    world.beat()
    world.clock.advance(700)
    world.beat()
    assert world.journal.saved.finished[1].state == "failed"
    world.runtime.is_down = False
    world.beat()
    assert not world.runtime.jobs


def test_a_step_over_its_time_is_stopped():
    world = World()
    world.journal.queue(1, "deploy", deploy_spec())
    world.beat()
    world.clock.advance(3700)
    world.beat()
    world.beat()
    assert world.journal.saved.finished[1].state == "failed"
    assert not world.runtime.jobs


def test_a_refusal_of_the_runtime_is_retried_and_then_told():
    world = World()
    world.runtime.refuses = "No such image."
    assert run_deploy(world)[1].state == "failed"


troubles = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(TROUBLES), st.integers(0, 14)), max_size=8
)


@settings(max_examples=400, deadline=None)
@given(troubles)
def test_after_any_troubles_a_deploy_is_done_exactly_once(plan):
    world = World()
    world.journal.queue(1, "deploy", deploy_spec())
    shocks = 0
    for beats, kind, crossing in plan:
        for _beat in range(beats):
            world.beat()
        is_shock = kind in ("kill job", "restart dockerd", "docker down")
        shocks += is_shock
        if not is_shock or shocks <= 2:  # a step is given up after its third interruption
            world.trouble(kind, crossing)
            world.beat()
            world.calm()
    finished = world.finish()
    assert finished[1].state == "done"
    ends = Counter(name for _run, name, _state in world.journal.saved.history)
    assert set(ends.values()) == {1}
    assert not world.runtime.jobs
    assert len(world.runtime.services) == 1


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 40), st.integers(0, 20), troubles)
def test_a_cancelled_run_ends_and_leaves_no_container(beats, crossing, plan):
    world = World()
    world.journal.queue(1, "deploy", deploy_spec())
    for _beat in range(beats):
        world.beat()
    world.journal.request_cancel(1)
    world.trouble("kill control plane", crossing)
    for pause, kind, place in plan:
        for _beat in range(pause):
            world.beat()
        world.trouble(kind, place)
    finished = world.finish()
    assert finished[1].state in ("cancelled", "done", "failed")
    assert not world.runtime.jobs
    assert finished[1].state == "done" or not world.runtime.services


def test_a_fault_of_our_own_in_one_run_does_not_stop_the_others():
    world = World()
    world.journal.queue(1, "deploy", deploy_spec(project={"code": "broken"}))  # has no repository
    world.journal.queue(2, "deploy", deploy_spec())
    assert world.finish(faulty={1})[2].state == "done"
