"""Removes services, volumes, images, secrets and configs that nothing needs any more."""

import tempfile
import time
from pathlib import Path

from ..docker_cli import Docker, docker_down, docker_for, explain_docker
from ..job import Job
from ..outcome import Failure
from ..process import Finished
from ..registry import registry_for
from ..volume_owner import require_own_volume

KINDS = {"volumes": "volume", "secrets": "secret", "configs": "config"}
IN_USE_SECONDS = 30
STOP_SECONDS = 90
PAUSE_SECONDS = 1
ENDED = ("status=exited", "status=dead", "status=created")  # jobs' containers outlive their service


def run(job: Job) -> dict:
    config = job.places.secret("docker-config.json")
    removed: list[str] = []
    missing: list[str] = []
    with tempfile.TemporaryDirectory(prefix="ipai-sweep-") as folder:
        docker = docker_for(Path(folder), config)
        for name in job.spec.texts("services"):
            (removed if _remove_service(docker, name) else missing).append(name)
        _require_own_volumes(job, docker)
        for key, kind in KINDS.items():
            for name in job.spec.texts(key):
                (removed if _remove(docker, kind, name) else missing).append(name)
        for reference in job.spec.texts("images"):
            (removed if _remove_image(job, docker, reference, config) else missing).append(
                reference
            )
    for name in removed:
        job.events.info(f"Removed {name}")
    return {"removed": removed, "missing": missing}


def _require_own_volumes(job: Job, docker: Docker) -> None:
    """Before anything is removed. Raises Failure."""
    names = job.spec.texts("volumes")
    labels = job.spec.part("volume_labels") if names else {}
    for name in names:
        require_own_volume(docker, name, labels.get(name) or {})


def _remove_service(docker: Docker, name: str) -> bool:
    """True when it was there; returns when none of its containers runs any more."""
    done = docker.remove("service", name)
    if not done.is_ok and "not found" not in done.errors.lower():
        raise explain_docker(done.errors) or _failure("service", name, done)
    own = f"label=com.docker.swarm.service.name={name}"
    deadline = time.monotonic() + STOP_SECONDS
    while docker.containers(own, "status=running"):
        if time.monotonic() > deadline:
            raise Failure(f"The service {name} does not stop", "Look at its containers, then retry")
        time.sleep(PAUSE_SECONDS)
    docker.remove_containers(docker.containers(own))
    return done.is_ok


def _remove(docker: Docker, kind: str, name: str) -> bool:
    """True when it was there; waits a little for a container that is just ending."""
    deadline = time.monotonic() + IN_USE_SECONDS
    while True:
        done = docker.remove(kind, name)
        text = done.errors.lower()
        if done.is_ok or "no such" in text or "not found" in text:
            return done.is_ok
        if "in use" not in text or time.monotonic() > deadline:
            raise explain_docker(done.errors) or _failure(kind, name, done)
        if kind == "volume":
            docker.remove_containers(docker.containers(f"volume={name}", *ENDED))
        time.sleep(PAUSE_SECONDS)


def _failure(kind: str, name: str, done: Finished) -> Failure:
    if done.timed_out:
        return docker_down()
    if "in use" in done.errors.lower():
        return Failure(f"The {kind} {name} is still used", "Stop what uses it, then retry")
    return Failure(
        f"The {kind} {name} cannot be removed: {' '.join(done.errors.split())}", "Retry the run"
    )


def _remove_image(job: Job, docker: Docker, reference: str, config: str | None) -> bool:
    """True when the registry had it; the machine's own copy goes too."""
    repository, _, digest = reference.partition("@")
    name = repository.partition("/")[2]
    if not digest or not name:
        raise Failure(
            f"'{reference}' does not name an image by its digest", "Correct the list and retry"
        )
    docker.remove_image(reference)
    registry = registry_for(job.spec.text("registry_internal"), config, job.places.ca_bundle)
    return registry.delete(name, digest)
