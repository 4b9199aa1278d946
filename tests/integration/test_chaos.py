"""Real processes are killed in the middle of a real deploy: it ends right, once, and clean.

Set IPAI_CHAOS=all for every step × trouble × moment; by default each trouble meets each step once.
"""

import os
import time
from collections import Counter

import pytest

STEPS = ("build", "database", "update", "release", "smoke")
TROUBLES = ("management", "job", "engine")
MOMENTS = ("start", "middle", "end")
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


def strike(docker_world, suite, trouble, run, step):
    """Do the worst to the run's current step; say whether there was something to hit."""
    if trouble == "management":
        docker_world.kill_management()
    elif trouble == "engine":
        docker_world.kill_engine()
    else:
        attempt = suite.step(run, step)["attempt"]
        name = f"{suite.settings.instance}-run-{run}-{step}-{attempt}"
        return step != "release" and docker_world.kill_job(name)
    return True


def check_ended_right(suite, docker_world, run, environment):
    """Done, each step once, its result true, nothing left over, and the target answers."""
    ended = suite.finished(run, seconds=600)
    assert ended["state"] == "done", f"{ended}\n{suite.log(run)}"
    steps = suite.steps(run)
    assert Counter(step["state"] for step in steps) == {"done": len(STEPS)}
    for step in steps:
        assert [a["outcome"] for a in step["attempts"]].count("done") == 1, step["attempts"]
        assert step["result"]["ok"] is True
    suite.until(lambda: not docker_world.jobs(), 30, docker_world.jobs)
    service = f"{suite.settings.instance}-env-{environment}"
    suite.until(lambda: len(docker_world.containers_of(service)) == 1, 60, "One container serves.")
    suite.until(lambda: suite.get(suite.host(environment)).status_code == 200, 60, "It answers.")
    seen = [(event["step_id"][0], event["attempt"], event["seq"]) for event in events(suite, run)]
    assert len(seen) == len(set(seen))


def events(suite, run):
    domain = [["run_id", "=", run], ["step_id", "!=", False], ["seq", ">", 0]]
    return suite.search("ops.run.event", domain, "step_id", "attempt", "seq")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_deploy_hit_in_every_step_ends_right_exactly_once(suite, yard, docker_world, trouble):
    project, environment = yard
    project.repository.write("yard_base/data.txt", f"hit by {trouble}").push(f"Hit by {trouble}")
    run = suite.deploy(project.code)
    for step in STEPS:
        suite.until_step_or_later(run, step)
        strike(docker_world, suite, trouble, run, step)
    check_ended_right(suite, docker_world, run, environment)


@pytest.mark.skipif(not ALL, reason="IPAI_CHAOS=all runs the whole matrix (about an hour)")
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_deploy_hit_at_any_moment_ends_right(suite, yard, docker_world, trouble, step, moment):
    project, environment = yard
    project.repository.write("yard_base/data.txt", f"{trouble} {step} {moment}").push("Again")
    usual = suite.usual_seconds(project.code, step)
    run = suite.deploy(project.code)
    suite.until_step_or_later(run, step)
    time.sleep({"start": 0, "middle": usual / 2, "end": usual * 0.9}[moment])
    strike(docker_world, suite, trouble, run, step)
    check_ended_right(suite, docker_world, run, environment)


def test_a_cancelled_deploy_leaves_the_old_one_serving(suite, yard, docker_world):
    project, environment = yard
    project.repository.write("yard_base/data.txt", "to be cancelled").push("To be cancelled")
    run = suite.deploy(project.code)
    suite.until_step_or_later(run, "build")
    suite.call("ops.run", "action_cancel", [run])
    assert suite.finished(run)["state"] == "cancelled"
    suite.until(lambda: not docker_world.jobs(), 30, docker_world.jobs)
    assert suite.get(suite.host(environment)).status_code == 200
