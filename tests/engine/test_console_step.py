"""What a person types is one job, tried once, beside the environment's own data."""

import json

import pytest
from ipai_ops.engine import console, schedule, steps
from ipai_ops.engine.headlines import headline
from ipai_ops.engine.pipelines import plan_for
from ipai_ops.engine.plan import RunState, StepContext, StepState
from ipai_ops.engine.testing import PLATFORM, deploy_spec

IMAGE = "registry/acme@sha256:9"


def job(**order):
    order = {**console.order("sql", "SELECT 1", 5, False), **order}
    environment = {**deploy_spec()["environment"], "database": "acme_main_7"}
    spec = {**deploy_spec(), "environment": environment, "console": order}
    spec["redeploy"] = {"image": IMAGE}
    state = StepState("console", "console", state="running")
    run = RunState(34, "shell", spec, (state,))
    return steps.job(StepContext(run, state, 1, PLATFORM))


@pytest.mark.parametrize("kind", console.KINDS)
def test_it_is_one_step_that_is_never_tried_again(kind):
    order = console.order("shell", "rm -r cache", 5, True)
    [step] = plan_for(kind, {"console": order}).steps
    assert (step.kind, step.attempts) == ("console", 1)
    assert step.timeout_seconds > 5 * 60


def test_it_runs_in_the_target_s_image_and_network_as_its_files_and_database():
    found = job()
    assert found.image == IMAGE
    assert found.networks == (PLATFORM.network("production"),)
    order = json.loads(found.environment["IPAI_SPEC"])
    assert order["database"] == "acme_main_7"
    assert (order["program"], order["text"], order["writes"]) == ("sql", "SELECT 1", False)
    assert [mount.target for mount in found.mounts] == ["/var/lib/odoo"]


@pytest.mark.parametrize("kind", console.KINDS)
def test_it_excludes_no_deploy_and_takes_no_last_slot(kind):
    lane = schedule.lane_of(kind)
    typed = schedule.Waiting(2, 7, kind, "production", 2, lane)
    assert schedule.startable([typed], [(7, "main")], 2) == [2]
    assert schedule.startable([typed], [(7, lane)], 2) == []
    assert schedule.startable([typed], [(8, "main")], 1) == []


@pytest.mark.parametrize(
    "order, words",
    [
        (("perl", "1", 5), "“perl” is no console"),
        (("sql", "  \n", 5), "Type what to run."),
        (("sql", None, 5), "Type what to run."),
        (("sql", "x" * 20_001, 5), "longer than 20000 characters"),
        (("sql", "SELECT 1", 0), "from 1 to 480 minutes"),
        (("sql", "SELECT 1", 481), "from 1 to 480 minutes"),
        (("sql", "SELECT 1", "5"), "from 1 to 480 minutes"),
    ],
)
def test_what_cannot_run_is_said_in_a_sentence(order, words):
    assert words in console.problem(*order)


def test_what_can_run_has_no_problem():
    assert not console.problem("odoo", "print(env.user)", 480)


def test_each_program_takes_a_right_that_is_a_kind_of_run():
    assert set(console.KIND_OF) == set(console.PROGRAMS)
    assert set(console.KIND_OF.values()) == set(console.KINDS)


def test_people_read_what_it_is():
    assert headline("database_shell", "blocked") == "Waiting for approval to run SQL"
    assert headline("shell", "failed", cause="It ended.") == "Run a command failed · It ended."
