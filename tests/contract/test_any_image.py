"""A job and a service of any image: what the image says about itself changes nothing, and the box is hard."""

import io
import json
import os
import tarfile
import uuid
from dataclasses import replace

import docker
import pytest
from ipai_ops.engine.ports import JobSpec, JobState, Mount, Scratch, ServiceSpec, ServiceState

from ipai_toolbox.container import refuse_hidden_folders
from ipai_toolbox.outcome import Failure

pytestmark = pytest.mark.parametrize("world", ["swarm"], indirect=True)
LONGER_THAN_THE_CHECK = 6
LONGER_THAN_POSTGRES_ALLOWS = 75
# Each line is one thing that images declare, at its worst.
HOSTILE = """
FROM {image}
HEALTHCHECK --interval=1s --timeout=1s --start-period=1ms --retries=1 CMD false
ENTRYPOINT ["/bin/false"]
CMD ["/bin/false"]
USER nobody
STOPSIGNAL SIGWINCH
WORKDIR /gone
VOLUME /ipai/spool /ipai/spool/inside /run/secrets /tmp /run /var/own
ENV LD_PRELOAD=/nowhere.so PYTHONPATH=/trap PYTHONHOME=/nowhere PYTHONSTARTUP=/trap/start.py \\
    PYTHONINSPECT=1 IPAI_SPOOL=/nowhere IPAI_SPEC=none PGOPTIONS=--nonsense PGHOST=nowhere PGSSLMODE=none
COPY json.py /trap/json.py
"""
TELL = """
import json, os, sys, time
from pathlib import Path
status = dict(l.split(":\\t", 1) for l in Path("/proc/self/status").read_text().splitlines() if ":\\t" in l)
time.sleep(float(sys.argv[1]))
told = {
    "uid": os.getuid(), "folder": os.getcwd(), "caps": status["CapBnd"], "effective": status["CapEff"],
    "preload": os.environ.get("LD_PRELOAD"), "json": json.__file__,
    "mounts": Path("/proc/self/mountinfo").read_text(), "entry": Path("/proc/1/cmdline").read_text().split("\\0")[2],
}
for place in ("/", "/usr", "/etc", "/tmp", "/run", "/var/tmp"):
    told[place] = os.access(place, os.W_OK)
print(json.dumps(told), flush=True)
"""


@pytest.fixture(scope="module")
def client():
    return docker.from_env()


@pytest.fixture(scope="module")
def images(client):
    """Images that were built for these tests, by name."""
    built = {}
    yield built
    for image in built.values():
        for container in client.containers.list(all=True, filters={"ancestor": image}):
            container.remove(force=True, v=True)
        client.api.remove_image(image, force=True)


@pytest.fixture
def hostile(world, client, images):
    """The id of an image that declares everything as badly as it can."""
    if "hostile" not in images:
        images["hostile"] = build(client, HOSTILE.format(image=world.platform.images["tools"]))
    return images["hostile"]


def build(client, dockerfile):
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        trap = "raise SystemExit('the trap in PYTHONPATH was sprung')"
        for name, text in (("Dockerfile", dockerfile), ("json.py", trap)):
            about = tarfile.TarInfo(name)
            about.size = len(text)
            tar.addfile(about, io.BytesIO(text.encode()))
    context.seek(0)
    image, _log = client.images.build(fileobj=context, custom_context=True, rm=True)
    return image.id


def job_of(world, image, seconds, **more):
    return JobSpec(
        name=f"contract-any-{uuid.uuid4().hex[:8]}",
        image=image,
        command=("python3", "-I", "-c", TELL, str(seconds)),
        labels={"ipai.instance": world.platform.instance, "ipai.step": "any"},
        memory_bytes=256 << 20,
        **more,
    )


def told(world, job):
    world.runtime.start_job(job)
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.ENDED)
    assert world.runtime.observe().job(job.name).exit_code == 0, world.runtime.observe().job(
        job.name
    )
    world.until(lambda: world.runtime.logs(job.name, ""))
    return json.loads(list(world.runtime.logs(job.name, ""))[-1].text)


def container_of(client, name):
    label = f"com.docker.swarm.service.name={name}"
    return next(iter(client.containers.list(all=True, filters={"label": label})), None)


def test_a_job_outlives_the_health_check_of_its_image_and_obeys_nothing_else_it_declares(
    world, hostile
):
    said = told(world, job_of(world, hostile, LONGER_THAN_THE_CHECK, user="0:0"))
    assert (said["uid"], said["folder"], said["entry"]) == (0, "/tmp", "python3")
    assert said["preload"] == ""
    assert not said["json"].startswith("/trap")


def test_a_job_has_no_capability_but_those_it_was_given_and_writes_only_where_it_may(
    world, hostile
):
    said = told(world, job_of(world, hostile, 0, user="0:0", capabilities=("CHOWN",)))
    assert (int(said["caps"], 16), int(said["effective"], 16)) == (1, 1)
    assert [place for place in ("/", "/usr", "/etc") if said[place]] == []
    assert all(said[place] for place in ("/tmp", "/run", "/var/tmp"))


def test_a_job_that_names_no_user_is_nobody(world, hostile):
    said = told(world, job_of(world, hostile, 0))
    assert (said["uid"], int(said["caps"], 16)) == (65534, 0)


def test_the_kernel_limits_a_jobs_processes_cpu_and_memory(world, client, hostile):
    job = job_of(world, hostile, 60, pids=77, cpus=0.5)
    world.runtime.start_job(job)
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.RUNNING)
    limits = container_of(client, job.name).attrs["HostConfig"]
    assert (limits["PidsLimit"], limits["NanoCpus"], limits["Memory"]) == (77, 500000000, 256 << 20)
    assert {limit["Name"]: limit["Hard"] for limit in limits["Ulimits"]}["core"] == 0


def test_more_cpus_than_the_machine_has_are_no_reason_to_refuse_a_job(world, hostile):
    assert told(world, job_of(world, hostile, 0, cpus=4096.0))["uid"] == 65534


def test_what_a_job_left_in_its_images_volumes_goes_with_its_container(world, client, hostile):
    job = job_of(world, hostile, 0, scratch=(Scratch("/ipai/scratch"),))
    told(world, job)
    mounts = container_of(client, job.name).attrs["Mounts"]
    left = {mount["Name"] for mount in mounts if mount["Type"] == "volume"}
    assert "/var/own" in {mount["Destination"] for mount in mounts}
    assert len(left) >= 2
    world.runtime.remove(job.name)
    world.until(lambda: world.runtime.tidy() or not left & {v.name for v in client.volumes.list()})


def test_a_volume_of_ours_lies_where_the_image_declares_its_own(world, client, hostile):
    name = f"contract-spool-{uuid.uuid4().hex[:8]}"
    job = job_of(world, hostile, 0, mounts=(Mount(name, "/ipai/spool"),))
    told(world, job)
    mounts = container_of(client, job.name).attrs["Mounts"]
    assert {m["Name"] for m in mounts if m["Destination"] == "/ipai/spool"} == {name}
    world.runtime.remove(job.name)
    world.until(lambda: world.runtime.tidy() or container_of(client, job.name) is None)
    client.volumes.get(name).remove()


def test_a_volume_of_the_image_inside_a_folder_of_ours_is_seen_and_refused(world, hostile):
    name = f"contract-spool-{uuid.uuid4().hex[:8]}"
    job = job_of(world, hostile, 0, mounts=(Mount(name, "/ipai/spool"),))
    mounts = told(world, job)["mounts"]
    with pytest.raises(Failure, match="/ipai/spool/inside"):
        refuse_hidden_folders(mounts)
    world.runtime.remove(job.name)
    world.until(lambda: world.runtime.tidy() or container_of(docker.from_env(), job.name) is None)
    docker.from_env().volumes.get(name).remove()


def test_a_killed_job_is_over_and_the_next_attempt_goes_on(world, client, hostile):
    job = job_of(world, hostile, 600)
    world.runtime.start_job(job)
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.RUNNING)
    container_of(client, job.name).kill(signal="SIGKILL")
    world.until(lambda: world.runtime.observe().job(job.name).state is JobState.ENDED)
    assert world.runtime.observe().job(job.name).exit_code == 137
    assert told(world, job_of(world, hostile, 0))["uid"] == 65534


def test_a_service_has_its_own_health_check_user_and_entry_point(world, client, hostile):
    service = ServiceSpec(
        name=f"contract-any-{uuid.uuid4().hex[:8]}",
        image=hostile,
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
    about = container_of(client, service.name).attrs
    assert about["Config"]["Healthcheck"]["Test"] == ["CMD", "true"]
    assert about["Config"]["Entrypoint"] == ["sleep", "600"]
    assert about["Config"]["StopSignal"] == "SIGTERM"
    assert about["Config"]["User"] == "65534:65534"
    again = replace(service, fingerprint="second", pids=99)
    world.runtime.converge(again)
    world.until(
        lambda: (
            world.runtime.observe().service(service.name).fingerprint == "second"
            and world.runtime.observe().service(service.name).state is ServiceState.HEALTHY
        )
    )


@pytest.mark.skipif(not os.environ.get("IPAI_LONG"), reason="It lasts longer than a minute.")
def test_a_job_of_the_postgres_image_lasts_longer_than_its_health_check_allows(world):
    world.deadline_seconds = LONGER_THAN_POSTGRES_ALLOWS + 60
    job = job_of(world, world.platform.images["postgres"], LONGER_THAN_POSTGRES_ALLOWS)
    assert told(world, job)["uid"] == 65534
