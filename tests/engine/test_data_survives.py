"""Data goes back by itself where a run breaks, whatever is killed in between."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipai_ops.engine.ports import ServiceState
from ipai_ops.engine.testing import data_spec
from test_loop_survives import World, troubles

BROKEN = {"ok": False, "cause": "It broke.", "hint": "Mend it."}
UPDATED = {"ok": True, "mode": "update"}
POINT = {"database": "acme_main_7_p12"}
KINDS = ("deploy", "backup", "prove", "drill", "restore", "rollback", "forget", "export")


def run(kind, results=None, **changes):
    world = World({"update": UPDATED, **(results or {})})
    world.journal.queue(1, kind, data_spec(kind, **changes))
    world.finished = world.finish()
    return world


def ends(world):
    return [(name, state) for _run, name, state in world.journal.saved.history]


def done(world):
    return [name for name, state in ends(world) if state == "done"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_undisturbed_run_is_done_and_nothing_goes_back(kind):
    world = run(kind, point=POINT)
    assert world.finished[1].state == "done"
    assert "back" not in done(world)
    assert not world.runtime.jobs


def test_a_failed_update_of_production_goes_back_to_its_point():
    world = run("deploy", {"update": BROKEN})
    assert world.finished[1].state == "failed"
    assert done(world)[-1] == "back"
    assert ends(world)[-1] == ("run", "failed")


def test_an_update_that_did_nothing_needs_no_way_back():
    world = run("deploy", {"update": {"ok": True, "mode": "none"}, "smoke": BROKEN})
    assert ("back", "skipped") in ends(world)


def test_a_failed_build_touches_no_data():
    world = run("deploy", {"build": BROKEN})
    assert ("back", "skipped") in ends(world)


def test_a_failed_smoke_test_after_an_update_brings_release_and_data_back():
    world = run("deploy", {"smoke": BROKEN})
    assert done(world)[-1] == "back"
    assert not world.runtime.services


@pytest.mark.parametrize(("kind", "changes"), [("restore", {}), ("rollback", {"point": POINT})])
def test_a_release_that_fails_after_a_swap_brings_the_old_data_back(kind, changes):
    world = World({"update": UPDATED})
    world.runtime.health = _Failing()
    world.journal.queue(1, kind, data_spec(kind, **changes))
    assert world.finish()[1].state == "failed"
    assert done(world)[-1] == "back"


class _Failing(dict):
    def get(self, _key, _default=None):
        return ServiceState.FAILING


@pytest.mark.parametrize("step", ["restore", "own", "boot", "update"])
def test_a_restore_that_fails_before_the_swap_changes_nothing(step):
    world = run("restore", {step: BROKEN})
    assert "swap" not in done(world)
    assert ("back", "skipped") in ends(world)


@pytest.mark.parametrize("step", ["restore", "boot", "neutralize", "mask", "park"])
def test_a_proof_that_fails_leaves_no_real_data_behind(step):
    world = run("prove", {step: BROKEN})
    assert world.finished[1].state == "failed"
    assert done(world)[-1] == "discard"


ELSEWHERE = {"is_foreign": True, "is_to_be_masked": True}
ARCHIVE = {"archive": {"id": 4, "file": "acme.4f.zip"}}
MOMENT = {"moment": {"time": "2026-01-31T09:58:07Z", "database": "x_7", "environment_id": 7}}


@pytest.mark.parametrize("given", [{}, ARCHIVE, MOMENT])
def test_data_from_elsewhere_comes_in_and_stays(given):
    world = run("restore", **ELSEWHERE, **given)
    assert world.finished[1].state == "done"
    assert "swap" in done(world) and "discard" not in done(world)


@pytest.mark.parametrize("given", [ARCHIVE, MOMENT])
@pytest.mark.parametrize("step", ["own", "boot", "neutralize", "mask", "update"])
def test_data_from_elsewhere_that_was_not_made_safe_does_not_stay(step, given):
    world = run("restore", {step: BROKEN}, **ELSEWHERE, **given)
    assert world.finished[1].state == "failed"
    assert ("back", "skipped") in ends(world)
    assert done(world)[-1] == "discard"


def test_nothing_more_is_removed_where_the_data_could_not_be_put_back():
    world = World({"update": UPDATED, "smoke": BROKEN, "back": BROKEN})
    world.journal.queue(1, "restore", data_spec("restore", **ELSEWHERE, **ARCHIVE))
    assert world.finish()[1].state == "failed"
    assert ("back", "failed") in ends(world) and ("discard", "skipped") in ends(world)


def test_a_way_back_that_fails_too_ends_the_run_once():
    world = run("deploy", {"update": BROKEN, "back": BROKEN})
    assert world.finished[1].state == "failed"
    assert ("back", "failed") in ends(world)


def test_a_cancel_in_mid_update_goes_back_and_a_second_cancel_does_not_stop_that():
    world = World({"update": UPDATED})
    world.journal.queue(1, "deploy", data_spec("deploy"))
    while current(world) != "update" or not world.runtime.jobs:
        world.beat()
    world.journal.request_cancel(1)
    assert world.finish()[1].state == "cancelled"
    assert done(world)[-1] == "back"


def test_data_is_brought_back_however_long_docker_was_away():
    world = World({"update": BROKEN})
    world.journal.queue(1, "deploy", data_spec("deploy"))
    while current(world) != "back":
        world.beat()
    world.runtime.is_down = True
    for _hour in range(5):
        world.clock.advance(3600)
        world.beat()
    assert 1 in world.journal.saved.runs
    world.runtime.is_down = False
    assert world.finish()[1].state == "failed"
    assert done(world)[-1] == "back"


def test_a_run_without_data_to_bring_back_gives_up_waiting_for_docker():
    world = World()
    world.journal.queue(1, "restore", data_spec("restore"))
    world.beat()
    world.runtime.is_down = True
    world.beat()
    world.clock.advance(700)
    world.beat()
    assert world.journal.saved.finished[1].state == "failed"


def current(world):
    run = world.journal.saved.runs.get(1)
    step = run and run.current_step
    return step.name if step else None


def disturbed(kind, results, plan, **changes):
    """Return the world after a run of the kind with the troubles of ``plan``."""
    world = World({"update": UPDATED, **results})
    world.journal.queue(1, kind, data_spec(kind, **changes))
    shocks = 0
    for beats, trouble, crossing in plan:
        for _beat in range(beats):
            world.beat()
        is_shock = trouble in ("kill job", "restart dockerd", "docker down")
        shocks += is_shock
        if not is_shock or shocks <= 2:  # a step is given up after its third interruption
            world.trouble(trouble, crossing)
            world.beat()
            world.calm()
    world.finished = world.finish()
    return world


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), troubles)
def test_after_any_troubles_each_kind_of_run_is_done_exactly_once(kind, plan):
    world = disturbed(kind, {}, plan, point=POINT)
    assert world.finished[1].state == "done"
    names = [name for name, _state in ends(world)]
    assert len(names) == len(set(names))
    assert "back" not in done(world)
    assert not world.runtime.jobs


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["update", "smoke"]), troubles)
def test_after_any_troubles_a_broken_deploy_has_gone_back_exactly_once(step, plan):
    world = disturbed("deploy", {step: BROKEN}, plan)
    assert world.finished[1].state == "failed"
    assert ends(world).count(("back", "done")) == 1
    assert not world.runtime.jobs
