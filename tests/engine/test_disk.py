"""What an environment's use of the disk means, and what the look at it is told."""

import json

import pytest
from ipai_ops.engine import disk, schedule, steps
from ipai_ops.engine.pipelines import plan_for
from ipai_ops.engine.plan import RunState, StepContext, StepState
from ipai_ops.engine.testing import PLATFORM, deploy_spec

GB = disk.GIGABYTE


@pytest.mark.parametrize(
    ("used", "limit", "found"),
    [
        (0, 0, disk.FREE),
        (900 * GB, 0, disk.FREE),
        (0, 10, disk.OK),
        (7.99 * GB, 10, disk.OK),
        (8 * GB, 10, disk.NEARLY),
        (10 * GB - 1, 10, disk.NEARLY),
        (10 * GB, 10, disk.FULL),
        (90 * GB, 10, disk.FULL),
    ],
)
def test_how_full_an_environment_is_is_judged_by_its_limit(used, limit, found):
    assert disk.level(used, limit) == found


def test_only_what_serves_and_is_full_and_idle_is_stopped():
    for state in ("new", "deploying", "up", "failed", "asleep", "destroying", "destroyed"):
        for found in (disk.FREE, disk.OK, disk.NEARLY, disk.FULL):
            for is_busy in (True, False):
                expected = (state, found, is_busy) == ("up", disk.FULL, False)
                assert disk.has_to_stop(state, found, is_busy) == expected


@pytest.mark.parametrize("kind", ["deploy", "restart"])
def test_what_was_stopped_for_want_of_room_comes_back_only_with_room(kind):
    lane = schedule.lane_of(kind)
    assert not disk.may_begin(kind, lane, True, disk.FULL)
    assert disk.may_begin(kind, lane, True, disk.NEARLY)
    assert disk.may_begin(kind, lane, False, disk.FULL)


@pytest.mark.parametrize(
    "kind", ["destroy", "stop", "restore", "rollback", "shell", "database_shell", "backup"]
)
def test_what_makes_room_or_keeps_data_may_always_begin(kind):
    assert disk.may_begin(kind, schedule.lane_of(kind), True, disk.FULL)


def test_a_look_at_the_disk_waits_for_no_slot_and_a_stop_goes_before_deploys():
    look = schedule.Waiting(1, None, "measure", "", 1, schedule.lane_of("measure"))
    deploy = schedule.Waiting(2, 7, "deploy", "production", 2)
    stop = schedule.Waiting(3, 8, "stop", "development", 3)
    assert schedule.startable([look, deploy], (), 0) == [1]
    assert schedule.startable([deploy, stop], (), 1) == [3]


def context(kind, spec):
    [step] = plan_for(kind, spec).steps
    state = StepState(step.name, step.kind)
    return StepContext(RunState(34, kind, spec, (state,)), state, 1, PLATFORM)


def looked_at(*environments):
    return {**deploy_spec(), "environment": None, "project": None, "measured": list(environments)}


def test_a_look_mounts_each_environments_own_volume_to_read_and_names_its_role():
    one = {"id": 7, "project": 1, "database": "ipai_odoo_7"}
    two = {"id": 8, "project": 2, "database": "ipai_odoo_8"}
    job = steps.job(context("measure", looked_at(one, two)))
    own = [mount for mount in job.mounts if mount.labels]
    assert [mount.source for mount in own] == ["ipai-env-7-data", "ipai-env-8-data"]
    assert all(mount.read_only for mount in own)
    assert [mount.labels["ipai.environment"] for mount in own] == ["7", "8"]
    told = json.loads(job.environment["IPAI_SPEC"])["environments"]
    assert told["8"] == {
        "files": "/ipai/volumes/ipai-env-8-data",
        "database": "ipai_odoo_8",
        "role": "ipai_env_8",
    }


def test_a_look_at_nothing_is_needless():
    assert steps.is_needless(context("measure", looked_at()))


def test_a_stop_takes_the_service_away_and_no_data():
    spec = deploy_spec()
    job = steps.job(context("stop", spec))
    told = json.loads(job.environment["IPAI_SPEC"])
    assert told["services"] == ["ipai-env-7"]
    assert not {"volumes", "databases", "secrets"} & set(told)
