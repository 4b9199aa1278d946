"""Real processes are killed in the middle of a real deploy: it ends right, once, and clean.

Set IPAI_CHAOS=all for every step × trouble × moment; by default each trouble meets each step once.
A blow that came too late, its step being over, broke nothing and proves nothing: such a case says "skipped".
"""

import os
import time

import pytest
from parity import parity

JOBS = ("build", "database", "point", "update", "smoke")
STEPS = ("build", "database", "hold", "point", "update", "release", "resume", "smoke")
LONG_JOBS = ("build", "update")  # long enough that a kill at their start is in mid-work for certain
TROUBLES = ("management", "job", "engine")
MOMENTS = {"start": 0.0, "middle": 0.5, "end": 0.8}
MATRIX = [
    (trouble, step, moment)
    for trouble in TROUBLES
    for step in (JOBS if trouble == "job" else STEPS)
    for moment in MOMENTS
]
ALL = os.environ.get("IPAI_CHAOS") == "all"


@pytest.fixture(scope="module")
def yard(suite, new_project):
    """A project that is deployed once, so that later deploys have something to keep serving."""
    project = new_project("yard")
    project.repository.addon("yard_base").push("First")
    environment = suite.environment(project.id, stage="production")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return project, environment


@pytest.fixture(scope="module")
def pace(suite, yard):
    """Seconds that each step takes in a deploy that nobody hits."""
    project, _environment = yard
    project.repository.write("yard_base/data.txt", "calm").push("Calm")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return {step["name"]: step["duration_seconds"] for step in suite.steps(run)}


def strike(docker_world, suite, trouble, run, step, delay_seconds=0.0):
    """Do the worst while the run's step is at work; say whether the blow landed in it.

    ``delay_seconds`` counts from now; a job's container may take a part of it to come.
    """
    begun = time.monotonic()
    name = f"{suite.settings.instance}-run-{run}-{step}-1"
    if step in JOBS and not docker_world.wait_for_container(name, lambda: over(suite, run, step)):
        return False
    time.sleep(max(begun + delay_seconds - time.monotonic(), 0.0))
    if over(suite, run, step):
        return False
    if trouble == "management":
        docker_world.kill_management()
    elif trouble == "engine":
        docker_world.kill_engine()
    else:
        return step in JOBS and docker_world.kill_job(name)
    return True


def over(suite, run, step):
    return suite.step(run, step).get("state") in ("done", "failed")


def check_ended_right(suite, docker_world, run, environment):
    """Done, each step once, its result true, nothing left over, and the target answers."""
    ended = suite.finished(run, seconds=600)
    assert ended["state"] == "done", f"{ended}\n{suite.log(run)}"
    steps = suite.steps(run)
    skipped = [step["name"] for step in steps if step["state"] == "skipped"]
    assert skipped == ["back"]  # the way back to the restore point was not needed
    done = [step for step in steps if step["state"] == "done"]
    assert [step["name"] for step in done] == list(STEPS)
    for step in done:
        assert [a["outcome"] for a in step["attempts"]].count("done") == 1, step["attempts"]
        assert step["result"]["ok"] is True, step
    suite.no_orphan_is_left(docker_world)
    service = f"{suite.settings.instance}-env-{environment}"
    suite.until(lambda: len(docker_world.containers_of(service)) == 1, 60, "One container serves.")
    suite.until(lambda: suite.get(suite.host(environment)).status_code == 200, 60, "It answers.")
    suite.until(lambda: docker_world.firewall_holds(), 60, "The firewall is not back.")
    seen = [(event["step_id"][0], event["attempt"], event["seq"]) for event in events(suite, run)]
    assert len(seen) == len(set(seen))


def events(suite, run):
    domain = [["run_id", "=", run], ["step_id", "!=", False], ["seq", ">", 0]]
    return suite.search("ops.run.event", domain, "step_id", "attempt", "seq")


@parity("B1")
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_deploy_hit_in_every_step_ends_right_exactly_once(suite, yard, docker_world, trouble):
    project, environment = yard
    project.repository.write("yard_base/data.txt", f"hit by {trouble}").push(f"Hit by {trouble}")
    run = suite.deploy(project.code)
    landed = []
    for step in STEPS:
        suite.until_step_or_later(run, step)
        if strike(docker_world, suite, trouble, run, step):
            landed.append(step)
    check_ended_right(suite, docker_world, run, environment)
    assert set(LONG_JOBS) <= set(landed), f"only {landed} were hit"
    if trouble != "management":
        again = {step["name"] for step in suite.steps(run) if step["attempt"] > 1}
        assert again.intersection(LONG_JOBS), "no step had to be done again: nothing was broken"


@parity("B1")
@pytest.mark.skipif(not ALL, reason="IPAI_CHAOS=all runs the whole matrix (about 25 minutes)")
@pytest.mark.parametrize(("trouble", "step", "moment"), MATRIX)
def test_a_deploy_hit_at_any_moment(suite, yard, pace, docker_world, trouble, step, moment):
    project, environment = yard
    project.repository.write("yard_base/data.txt", f"{trouble} {step} {moment}").push("Again")
    run = suite.deploy(project.code)
    suite.until_step_or_later(run, step)
    landed = strike(docker_world, suite, trouble, run, step, pace[step] * MOMENTS[moment])
    check_ended_right(suite, docker_world, run, environment)
    if not landed:
        pytest.skip("the step was over before the blow")


def test_a_cancelled_deploy_leaves_the_old_one_serving(suite, yard, docker_world):
    project, environment = yard
    project.repository.write("yard_base/data.txt", "to be cancelled").push("To be cancelled")
    run = suite.deploy(project.code)
    suite.until_step_or_later(run, "build")
    suite.call("ops.run", "action_cancel", [run])
    assert suite.finished(run)["state"] == "cancelled"
    suite.no_orphan_is_left(docker_world)
    assert suite.get(suite.host(environment)).status_code == 200
