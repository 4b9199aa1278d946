"""Whose a volume is, asked of the fake and of the real Docker Swarm before a container is started."""

import json
import random
import uuid
from dataclasses import replace

import pytest
from ipai_ops.engine import volumes
from ipai_ops.engine.ports import JobSpec, JobState, RuntimeRefused, ServiceSpec, ServiceState

BY_HAND = {}
PROJECT = 3
ORDER = {"run": 1, "step": "update", "attempt": 1, "fence": "1-update-1"}


@pytest.fixture
def own():
    """The number of an environment that no other test has."""
    return random.randint(10**8, 10**9)


@pytest.fixture
def job(world):
    return JobSpec(
        name=f"contract-volume-{uuid.uuid4().hex[:8]}",
        image=world.platform.images["tools"],
        command=("true",),
        environment={"IPAI_SPEC": json.dumps(ORDER)},
        labels={"ipai.instance": world.platform.instance, "ipai.step": "update"},
        memory_bytes=256 << 20,
    )


def name_of(world, environment):
    return f"{world.platform.instance}-env-{environment}-data"


def files(world, environment, name=None, project=PROJECT):
    """The mount of the environment's files, or of another volume in their place."""
    name = name or name_of(world, environment)
    return volumes.owned(world.platform.instance, environment, project, name, "/var/lib/odoo")


def labels(world, environment, **changes):
    own = {"ipai.instance": world.platform.instance, "ipai.environment": str(environment)}
    return {**own, "ipai.project": str(PROJECT), **changes}


def ended(world, job):
    world.runtime.start_job(job)
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.ENDED)


def refused(world, job, why):
    with pytest.raises(RuntimeRefused, match=why) as refusal:
        world.runtime.start_job(job)
    assert world.runtime.observe().job(job.name).state is JobState.ABSENT
    return str(refusal.value)


def test_a_volume_is_made_with_labels_of_instance_environment_and_project(world, job, own):
    ended(world, replace(job, mounts=(files(world, own),)))
    assert world.volume_labels(name_of(world, own)) == labels(world, own)


def test_a_volume_with_a_size_is_made_whether_or_not_the_disk_has_quotas(world, job, own):
    """An engine that has none says so; the job then runs with a volume that has no limit."""
    limited = volumes.limited(files(world, own), 64 << 20)
    ended(world, replace(job, mounts=(limited,)))
    assert world.volume_labels(name_of(world, own)) == labels(world, own)


def test_the_volume_of_a_neighbour_is_refused_whatever_its_name_says(world, job, own):
    world.make_volume(name_of(world, own), labels(world, own + 1))
    said = refused(world, replace(job, mounts=(files(world, own),)), f"number {own + 1}, not")
    assert "Nothing was done with it" in said


def test_the_volume_of_a_neighbour_is_refused_by_its_name_too(world, job, own):
    """A volume of an earlier release has the label of its instance alone."""
    instance = {"ipai.instance": world.platform.instance}
    neighbour = name_of(world, own + 1)
    world.make_volume(neighbour, instance)
    refused(world, replace(job, mounts=(files(world, own, neighbour),)), f"number {own + 1}, not")
    ended(world, replace(job, mounts=(files(world, own + 1),)))


def test_a_volume_made_by_hand_is_refused_with_the_way_on(world, job, own):
    world.make_volume(name_of(world, own), BY_HAND)
    said = refused(world, replace(job, mounts=(files(world, own),)), "no label that says whose")
    assert f"docker volume create --label ipai.environment={own} " in said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ipai.instance": "another"}, "belongs to the instance another"),
        ({"ipai.project": "99"}, "belongs to project number 99"),
    ],
)
def test_the_volume_of_another_instance_or_project_is_refused(world, job, own, changes, why):
    world.make_volume(name_of(world, own), labels(world, own, **changes))
    refused(world, replace(job, mounts=(files(world, own),)), why)


def test_what_all_environments_share_is_no_volume_of_one(world, job, own):
    """Neither is an environment's volume taken for a shared one, nor the other way round."""
    mount = replace(files(world, own), labels={})
    world.make_volume(mount.source, labels(world, own))
    refused(world, replace(job, mounts=(mount,)), "not to all environments")
    shared = f"{world.platform.instance}-shared-{own}"
    world.make_volume(shared, {"ipai.instance": world.platform.instance})
    refused(world, replace(job, mounts=(files(world, own, shared),)), "belongs to all environments")


def test_a_service_is_refused_too_and_what_serves_goes_on(world, own):
    service = ServiceSpec(
        name=f"contract-volume-{uuid.uuid4().hex[:8]}",
        image=world.platform.images["tools"],
        command=("sleep", "600"),
        fingerprint="first",
        labels={"ipai.instance": world.platform.instance, "ipai.step": "release"},
        memory_bytes=256 << 20,
        health_command=("true",),
        start_period_seconds=1,
        stop_grace_seconds=1,
    )
    world.runtime.converge(service)
    world.until(lambda: world.runtime.observe().service(service.name).state is ServiceState.HEALTHY)
    world.make_volume(name_of(world, own), labels(world, own + 1))
    wrong = replace(service, fingerprint="second", mounts=(files(world, own),))
    with pytest.raises(RuntimeRefused, match=f"number {own + 1}, not"):
        world.runtime.converge(wrong)
    assert world.runtime.observe().service(service.name).fingerprint == "first"
