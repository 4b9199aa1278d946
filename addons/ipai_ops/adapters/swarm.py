"""The only door to Docker: jobs, services, secrets, configs and logs through the Swarm API."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from docker import types

from ..engine.platform import Platform
from ..engine.ports import (
    ContainerSpec,
    JobSpec,
    JobStatus,
    LogLine,
    Observation,
    RuntimeRefused,
    ServiceSpec,
    ServiceStatus,
)
from . import swarm_spec, swarm_status, swarm_volumes
from .swarm_client import SwarmClient
from .swarm_errors import absent_is_fine, existing_is_fine, translated
from .swarm_events import Bell
from .swarm_spec import RELEASE_LABEL

TIMEOUT_SECONDS = 20
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
SERVICE_LABEL = "com.docker.swarm.service.name"


class SwarmRuntime:
    """The engine's Runtime on one Docker Swarm. Keeps nothing but the connection."""

    def __init__(self, platform: Platform, registry_password: str = ""):
        """Connect lazily; ``registry_password`` lets every node pull the images it is told to run."""
        self._platform = platform
        self._password = registry_password
        self._connection: SwarmClient | None = None

    def observe(self) -> Observation:
        """Return every job and service of this instance, in two API calls."""
        with translated():
            mine = {"label": f"ipai.instance={self._platform.instance}"}
            services = self._client.services(filters=mine, status=False)
            tasks = self._tasks_by_service(mine)
        jobs: dict[str, JobStatus] = {}
        releases: dict[str, ServiceStatus] = {}
        for service in services:
            own = tasks[service["ID"]]
            labels, name = service["Spec"].get("Labels", {}), service["Spec"]["Name"]
            if RELEASE_LABEL in labels:
                releases[name] = swarm_status.service_status(service, own)
            elif labels.get("ipai.step"):
                jobs[name] = swarm_status.job_status(own)
        return Observation(jobs, releases)

    def start_job(self, job: JobSpec) -> None:
        """Start the job, or adopt the one that has its name."""
        with translated():
            restart = swarm_spec.runs_once()
            self._create(job, restart, dict(job.labels), mode=swarm_spec.job_mode())

    def remove(self, name: str) -> None:
        """Remove a job or service with its containers; absent is fine.

        Docker 20.10 lets the container of a removed job run on: it is told to stop here, and ended
        by ``tidy`` where it does not.
        """
        with translated(), absent_is_fine():
            self._client.remove_service(name)
        with translated():
            for container in self._containers(f"{SERVICE_LABEL}={name}"):
                if _is_running_job(container):
                    with absent_is_fine(), existing_is_fine():
                        self._client.kill(container["Id"], "SIGTERM")

    def converge(self, service: ServiceSpec) -> None:
        """Create the service or update it start-first; a release that is there already is left alone."""
        labels = {**service.labels, RELEASE_LABEL: service.fingerprint}
        restart, mode = swarm_spec.runs_on(), swarm_spec.release_mode(service.replicas)
        with translated():
            existing = self._service(service.name)
            if existing is None:
                self._create(service, restart, labels, mode, swarm_spec.update_config())
            elif existing["Spec"].get("Labels", {}).get(RELEASE_LABEL) != service.fingerprint:
                self._update(existing, self._template(service, restart, labels), labels, mode)

    def roll_back(self, name: str, fingerprint: str) -> None:
        """Return to the release before ``fingerprint``; where it was the first, remove it."""
        with translated():
            existing = self._service(name)
            if existing is None or _release_of(existing["Spec"]) != fingerprint:
                return
            before = existing.get("PreviousSpec")
            if not before or not _release_of(before):
                self.remove(name)
                return
            self._client.put_spec(existing, before)

    def logs(self, name: str, after: str) -> list[LogLine]:
        """Return the lines of the newest container of a job or service, after a cursor."""
        with translated():
            tasks = self._client.tasks(filters={"service": name})
            task = swarm_status.newest(tasks)
            if task is None:
                return []
            frames = self._client.log_frames(swarm_status.log_places(task), _since(after))
            return list(_lines(frames, after))

    def ensure_secret(self, name: str, content: bytes, labels: Mapping[str, str]) -> None:
        """Make a Swarm secret; one with that name already is the one."""
        with translated(), existing_is_fine():
            self._client.create_secret(name, content, labels=_own(labels))

    def ensure_config(self, name: str, content: bytes, labels: Mapping[str, str]) -> None:
        """Make a Swarm config; one with that name already is the one."""
        with translated(), existing_is_fine():
            self._client.create_config(name, content, labels=_own(labels))

    def remove_secret(self, name: str) -> None:
        """Remove a Swarm secret; absent is fine."""
        with translated(), absent_is_fine():
            self._client.remove_secret(name)

    def tidy(self) -> None:
        """Remove the containers of jobs that are gone, ended or not, and the ended ones of services."""
        with translated():
            mine = self._containers(f"ipai.instance={self._platform.instance}", "ipai.step")
            services = {service["Spec"]["Name"] for service in self._client.services()}
            for container in mine:
                is_over = container["State"] == "exited" or _is_running_job(container)
                if is_over and container["Labels"].get(SERVICE_LABEL) not in services:
                    self._remove_container(container["Id"])

    def _containers(self, *labels: str) -> list[dict]:
        return self._client.containers(all=True, filters={"label": list(labels)})

    def bell(self) -> Bell:
        """Return a Bell that rings when something happens here; it has a connection of its own."""
        client = SwarmClient(self._platform.docker, timeout=TIMEOUT_SECONDS, version="auto")
        return Bell(client, self._platform.instance)

    def _remove_container(self, container_id: str) -> None:
        with absent_is_fine(), existing_is_fine():
            self._client.remove_container(container_id, v=True, force=True)

    @property
    def _client(self) -> SwarmClient:
        if self._connection is None:
            client = SwarmClient(self._platform.docker, timeout=TIMEOUT_SECONDS)
            registry = self._platform.registry or {}
            where, user = registry.get("address", ""), registry.get("username", "")
            client.use_login(where, user, self._password)
            self._connection = client
        return self._connection

    def _tasks_by_service(self, filters: dict[str, str]) -> dict[str, list[dict]]:
        grouped: defaultdict[str, list[dict]] = defaultdict(list)
        for task in self._client.tasks(filters=filters):
            grouped[task["ServiceID"]].append(task)
        return grouped

    def _service(self, name: str) -> dict | None:
        found = self._client.services(filters={"name": name})
        return next((service for service in found if service["Spec"]["Name"] == name), None)

    def _create(
        self,
        container: ContainerSpec,
        restart: types.RestartPolicy,
        labels: dict[str, str],
        mode: types.ServiceMode,
        update: types.UpdateConfig | None = None,
    ) -> None:
        template = self._template(container, restart, labels)
        with existing_is_fine():
            self._client.create_service(
                template,
                name=container.name,
                labels=labels,
                endpoint_spec=swarm_spec.endpoint(),
                mode=mode,
                update_config=update,
            )

    def _update(
        self,
        existing: Mapping,
        template: types.TaskTemplate,
        labels: dict[str, str],
        mode: types.ServiceMode,
    ) -> None:
        self._client.update_service(
            existing["ID"],
            existing["Version"]["Index"],
            task_template=template,
            name=existing["Spec"]["Name"],
            labels=labels,
            endpoint_spec=swarm_spec.endpoint(),
            mode=mode,
            update_config=swarm_spec.update_config(),
        )

    def _template(
        self, container: ContainerSpec, restart: types.RestartPolicy, labels: dict[str, str]
    ) -> types.TaskTemplate:
        swarm_volumes.require_own(self._client, container, labels)
        secrets = {file.secret: self._secret_id(file.secret) for file in container.secrets}
        configs = {file.config: self._config_id(file.config) for file in container.configs}
        cpus = self._smallest_node()
        return swarm_spec.task_template(container, secrets, configs, restart, labels, cpus)

    def _smallest_node(self) -> float | None:
        """Return how many CPUs every node has at least; None where no node tells."""
        found = (node.get("Description", {}).get("Resources", {}) for node in self._client.nodes())
        known = [node["NanoCPUs"] for node in found if node.get("NanoCPUs")]
        return min(known) / swarm_spec.NANOSECONDS if known else None

    def _secret_id(self, name: str) -> str:
        return _exact(self._client.secrets(filters={"name": name}), name, "secret")

    def _config_id(self, name: str) -> str:
        return _exact(self._client.configs(filters={"name": name}), name, "config")


def _is_running_job(container: Mapping) -> bool:
    return container["State"] == "running" and RELEASE_LABEL not in container["Labels"]


def _release_of(spec: Mapping) -> str | None:
    return (spec.get("Labels") or {}).get(RELEASE_LABEL)


def _own(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: labels[key] for key in ("ipai.instance", "ipai.run") if key in labels}


def _exact(found: Iterable[Mapping], name: str, what: str) -> str:
    for item in found:
        if item["Spec"]["Name"] == name:
            return item["ID"]
    raise RuntimeRefused(f"The Swarm {what} {name} is missing; run the set-up again.")


def _since(after: str) -> str:
    """Return a cursor (RFC 3339) as the seconds that the log endpoint filters by, a little early."""
    if not STAMP.match(after):
        return "0"
    return str(int(datetime.fromisoformat(after[:19] + "+00:00").timestamp()))


def _lines(frames: Iterable[bytes], after: str) -> Iterator[LogLine]:
    """Join the pieces of long lines; yield what is newer than ``after``.

    A frame without a time is Docker's own complaint (a task that is not scheduled yet has no log):
    it is no line of the container and would be no cursor.
    """
    pieces: list[str] = []
    start = ""
    for frame in frames:
        stamp, _space, text = frame.decode("utf-8", "replace").partition(" ")
        if not STAMP.match(stamp):
            continue
        start = start or stamp
        pieces.append(text)
        if not text.endswith("\n"):
            continue
        if start > after:
            yield LogLine(start, "".join(pieces).rstrip("\r\n"))
        pieces, start = [], ""
    if pieces and start > after:
        yield LogLine(start, "".join(pieces))
