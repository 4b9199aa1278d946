"""One container that takes all it can get leaves its neighbour and the machine what they need.

The bomb looks at the limit of its own cgroup before it begins, and does not begin without one. All it
starts ends by itself within seconds.
"""

import json
import subprocess
import uuid

import docker
import pytest
from ipai_ops.engine.ports import JobSpec, JobState, ServiceSpec, ServiceState

pytestmark = pytest.mark.parametrize("world", ["swarm"], indirect=True)
PIDS = 48
MEMORY = 128 << 20
LIMIT_OF_PROCESSES = """
import json, os, signal, sys, time
from pathlib import Path
places = ("/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/pids.max")
limit = next(Path(place).read_text().strip() for place in places if Path(place).is_file())
if limit == "max" or int(limit) > 64:
    sys.exit(f"No bomb without a limit: pids.max is {limit}")
signal.alarm(20)
"""
FORK_BOMB = (
    LIMIT_OF_PROCESSES
    + """
started, refused = 0, 0
while refused < 100 and started < 1000:
    try:
        if os.fork() == 0:
            signal.alarm(8)
            time.sleep(6)
            os._exit(0)
        started += 1
    except BlockingIOError:
        refused += 1
print(json.dumps({"limit": int(limit), "started": started, "refused": refused}), flush=True)
time.sleep(4)
"""
)
MEMORY_HOG = LIMIT_OF_PROCESSES + "hoard = []\nwhile True:\n    hoard.append(bytearray(8 << 20))\n"
DISK_HOG = (
    LIMIT_OF_PROCESSES
    + """
written = 0
try:
    with open("/tmp/file", "wb") as file:
        while written < 1 << 30:
            written += file.write(bytes(1 << 20))
            file.flush()
except OSError as error:
    print(json.dumps({"written": written, "errno": error.errno}), flush=True)
"""
)
ASK = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8069/', timeout=5).status)"


def job_of(world, script):
    return JobSpec(
        name=f"contract-hog-{uuid.uuid4().hex[:8]}",
        image=world.platform.images["tools"],
        command=("python3", "-I", "-c", script),
        labels={"ipai.instance": world.platform.instance, "ipai.step": "hog"},
        memory_bytes=MEMORY,
        pids=PIDS,
    )


def lines(world, job):
    return [json.loads(line.text) for line in world.runtime.logs(job.name, "")]


@pytest.fixture
def neighbour(world):
    """A small web server under the limits of a target, in its container."""
    service = ServiceSpec(
        name=f"contract-neighbour-{uuid.uuid4().hex[:8]}",
        image=world.platform.images["tools"],
        command=("python3", "-I", "-m", "http.server", "8069", "--directory", "/tmp"),
        fingerprint="first",
        labels={"ipai.instance": world.platform.instance, "ipai.step": "release"},
        memory_bytes=MEMORY,
        health_command=("python3", "-I", "-c", ASK),
        start_period_seconds=1,
        stop_grace_seconds=1,
    )
    world.runtime.converge(service)
    world.until(lambda: world.runtime.observe().service(service.name).state is ServiceState.HEALTHY)
    label = f"com.docker.swarm.service.name={service.name}"
    return docker.from_env().containers.list(filters={"label": label})[0]


def answers(neighbour):
    done = neighbour.exec_run(["python3", "-I", "-c", ASK])
    return done.exit_code == 0 and done.output.strip() == b"200"


def test_a_fork_bomb_meets_its_own_limit_while_the_neighbour_and_the_machine_go_on(
    world, neighbour
):
    job = job_of(world, FORK_BOMB)
    world.runtime.start_job(job)
    world.until(lambda: lines(world, job))
    [said] = lines(world, job)
    assert world.runtime.observe().job(job.name).state is JobState.RUNNING
    assert answers(neighbour)
    assert subprocess.run(["true"], check=False, timeout=10).returncode == 0
    assert said["limit"] == PIDS
    assert said["started"] < PIDS
    assert said["refused"] == 100
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.ENDED)


def test_a_memory_hog_dies_in_its_own_box_while_the_neighbour_answers(world, neighbour):
    job = job_of(world, MEMORY_HOG)
    world.runtime.start_job(job)
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.ENDED)
    killed_by_the_kernel = 137  # its own alarm would say 142
    assert world.runtime.observe().job(job.name).exit_code == killed_by_the_kernel
    assert answers(neighbour)


def test_what_fills_the_temporary_folder_meets_its_size(world):
    job = job_of(world, DISK_HOG)
    world.runtime.start_job(job)
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.ENDED)
    world.until(lambda: lines(world, job))
    [said] = lines(world, job)
    assert said["errno"] == 28
    assert said["written"] <= 64 << 20
