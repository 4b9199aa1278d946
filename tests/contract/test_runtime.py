"""What the loop may rely on, asked of the fake and of the real Docker Swarm alike."""

import json
import uuid
from collections import deque
from dataclasses import replace

import docker
import pytest
from ipai_ops.adapters.swarm import SwarmRuntime
from ipai_ops.engine.platform import Platform
from ipai_ops.engine.ports import (
    JobSpec,
    JobState,
    RuntimeUnavailable,
    SecretFile,
    ServiceSpec,
    ServiceState,
)

LASTING_LOOKS = 20
PRINT_LINES = """
import json, os
spec = json.loads(os.environ["IPAI_SPEC"])
common = {"step": spec["step"], "attempt": spec["attempt"], "at": "2026-01-31T10:00:00Z"}
for n in (1, 2):
    print(json.dumps({"seq": n, "level": "info", "message": f"working {n}", **common}))
print(json.dumps({"seq": 3, "fence": spec["fence"], "result": {"ok": True}, **common}), flush=True)
"""


@pytest.fixture
def job(world):
    name = f"contract-job-{uuid.uuid4().hex[:8]}"
    order = {"run": 1, "step": "build", "attempt": 1, "fence": "1-build-1"}
    return JobSpec(
        name=name,
        image=world.platform.images["tools"],
        command=("python3", "-c", PRINT_LINES),
        environment={"IPAI_SPEC": json.dumps(order)},
        labels={"ipai.instance": world.platform.instance, "ipai.step": "build", "ipai.run": "1"},
        memory_bytes=256 << 20,
    )


@pytest.fixture
def service(world):
    return ServiceSpec(
        name=f"contract-service-{uuid.uuid4().hex[:8]}",
        image=world.platform.images["tools"],
        command=("sleep", "600"),
        fingerprint="first",
        labels={"ipai.instance": world.platform.instance, "ipai.step": "release"},
        memory_bytes=256 << 20,
        health_command=("true",),
        start_period_seconds=1,
        stop_grace_seconds=1,
    )


def started(world, job):
    world.runtime.start_job(job)
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.ENDED)
    return world.runtime


def released(world, service, state=ServiceState.HEALTHY):
    world.runtime.converge(service)
    world.until(lambda: status(world, service) == (state, service.fingerprint))


def status(world, service):
    seen = world.runtime.observe().service(service.name)
    return seen.state, seen.fingerprint


def stays(world, service, wanted):
    """Wait until a state lasts: Swarm begins a roll-back a moment after it was asked for."""
    seen = deque(maxlen=LASTING_LOOKS)

    def lasts():
        seen.append(status(world, service))
        return len(seen) == LASTING_LOOKS and set(seen) == {wanted}

    world.until(lasts)


def messages(lines):
    return [json.loads(line.text)["seq"] for line in lines]


def test_a_job_nobody_started_is_absent(world, job):
    assert world.runtime.observe().job(job.name).state is JobState.ABSENT


def test_a_job_runs_to_its_end_and_its_lines_are_read_in_order(world, job):
    runtime = started(world, job)
    world.until(lambda: len(runtime.logs(job.name, "")) == 3)
    assert messages(runtime.logs(job.name, "")) == [1, 2, 3]


def test_lines_after_a_cursor_are_only_the_newer_ones(world, job):
    runtime = started(world, job)
    world.until(lambda: len(runtime.logs(job.name, "")) == 3)
    second = runtime.logs(job.name, "")[1]
    assert messages(runtime.logs(job.name, second.cursor)) == [3]


def test_a_line_of_a_hundred_kilobytes_arrives_whole(world, job):
    if not isinstance(world.runtime, SwarmRuntime):
        pytest.skip("The fake's lines have no length.")
    long = replace(job, command=("python3", "-c", "print('x' * 100_000)"))
    runtime = started(world, long)
    world.until(lambda: runtime.logs(job.name, ""))
    assert runtime.logs(job.name, "")[0].text == "x" * 100_000


def test_a_job_started_twice_is_one_job(world, job):
    world.runtime.start_job(job)
    runtime = started(world, job)
    assert len([name for name in runtime.observe().jobs if name == job.name]) == 1
    world.until(lambda: messages(runtime.logs(job.name, "")) == [1, 2, 3])


def test_a_removed_job_is_absent_and_removing_it_again_is_fine(world, job):
    runtime = started(world, job)
    runtime.remove(job.name)
    runtime.remove(job.name)
    assert runtime.observe().job(job.name).state is JobState.ABSENT


def test_a_service_converges_and_the_same_release_again_changes_nothing(world, service):
    released(world, service)
    world.runtime.converge(service)
    assert status(world, service) == (ServiceState.HEALTHY, "first")


def test_a_release_that_fails_can_be_rolled_back_to_the_one_before(world, service):
    released(world, service)
    broken = replace(service, fingerprint="broken", health_command=("false",))
    world.fails("broken")
    released(world, broken, ServiceState.FAILING)
    world.runtime.roll_back(service.name, "broken")
    stays(world, service, (ServiceState.HEALTHY, "first"))


def test_a_roll_back_of_a_release_that_is_not_there_changes_nothing(world, service):
    released(world, service)
    world.runtime.roll_back(service.name, "another")
    assert status(world, service) == (ServiceState.HEALTHY, "first")


def test_a_first_release_rolled_back_is_gone(world, service):
    released(world, service)
    world.runtime.roll_back(service.name, "first")
    world.until(lambda: status(world, service)[0] is ServiceState.ABSENT)
    assert service.name not in world.runtime.observe().services


def test_a_secret_that_exists_already_is_kept(world):
    labels = {"ipai.instance": world.platform.instance}
    name = f"contract-secret-{uuid.uuid4().hex[:8]}"
    world.runtime.ensure_secret(name, b"one", labels)
    world.runtime.ensure_secret(name, b"two", labels)
    assert world.secret_content(name) == b"one"
    world.runtime.remove_secret(name)
    world.runtime.remove_secret(name)  # absent is fine
    assert world.secret_content(name) is None


def test_a_missing_secret_is_refused_with_its_name(world, job):
    if not isinstance(world.runtime, SwarmRuntime):
        pytest.skip("The fake does not look for secrets the set-up makes.")
    with pytest.raises(Exception, match="no-such-secret"):
        world.runtime.start_job(replace(job, secrets=(SecretFile("no-such-secret", "file"),)))


def test_tidying_removes_ended_containers_of_jobs_that_are_gone_only(world, job):
    if not isinstance(world.runtime, SwarmRuntime):
        pytest.skip("The fake keeps no containers.")
    runtime = started(world, job)
    client = docker.from_env()
    label = f"com.docker.swarm.service.name={job.name}"
    runtime.tidy()
    assert client.containers.list(all=True, filters={"label": label})
    runtime.remove(job.name)
    world.until(
        lambda: runtime.tidy() or not client.containers.list(all=True, filters={"label": label})
    )


def test_a_job_that_is_removed_while_it_runs_is_stopped(world, job):
    if not isinstance(world.runtime, SwarmRuntime):
        pytest.skip("The fake keeps no containers.")
    client, label = docker.from_env(), f"com.docker.swarm.service.name={job.name}"
    world.runtime.start_job(replace(job, command=("python3", "-c", "import time; time.sleep(600)")))
    world.until(lambda: client.containers.list(filters={"label": label}))
    world.runtime.remove(job.name)
    world.until(
        lambda: (
            world.runtime.tidy() or not client.containers.list(all=True, filters={"label": label})
        )
    )


def test_an_engine_that_does_not_answer_is_unavailable():
    nowhere = Platform(docker="tcp://127.0.0.1:9")
    with pytest.raises(RuntimeUnavailable):
        SwarmRuntime(nowhere).observe()
