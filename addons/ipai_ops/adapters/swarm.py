"""The only door to Docker: jobs, services, secrets, configs and logs through the Swarm API."""

import re
from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime

import docker
import requests
from docker import auth, types
from docker.errors import APIError, DockerException, NotFound

from ..engine.ports import LogLine, Observation, RuntimeRefused, RuntimeUnavailable
from . import swarm_spec, swarm_status
from .swarm_events import Bell
from .swarm_spec import RELEASE_LABEL

TIMEOUT_SECONDS = 20
CONFLICT = 409
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
SERVICE_LABEL = "com.docker.swarm.service.name"


class SwarmRuntime:
    """The engine's Runtime on one Docker Swarm. Keeps nothing but the connection."""

    def __init__(self, platform, registry_password=""):
        """Connect lazily; ``registry_password`` lets every node pull the images it is told to run."""
        self._platform = platform
        self._password = registry_password
        self._connection = None

    def observe(self):
        """Return every job and service of this instance, in two API calls."""
        with _translated():
            mine = {"label": f"ipai.instance={self._platform.instance}"}
            services = self._client.services(filters=mine, status=False)
            tasks = self._tasks_by_service(mine)
        jobs, releases = {}, {}
        for service in services:
            own = tasks[service["ID"]]
            labels, name = service["Spec"].get("Labels", {}), service["Spec"]["Name"]
            if RELEASE_LABEL in labels:
                releases[name] = swarm_status.service_status(service, own)
            elif labels.get("ipai.step"):
                jobs[name] = swarm_status.job_status(own)
        return Observation(jobs, releases)

    def start_job(self, job):
        """Start the job, or adopt the one that has its name."""
        with _translated():
            restart = swarm_spec.runs_once()
            self._create(job, restart, dict(job.labels), mode=swarm_spec.job_mode())

    def remove(self, name):
        """Remove a job or service with its containers; absent is fine."""
        with _translated(), _absent_is_fine():
            self._client.remove_service(name)

    def converge(self, service):
        """Create the service or update it start-first; a release that is there already is left alone."""
        labels = {**service.labels, RELEASE_LABEL: service.fingerprint}
        with _translated():
            existing = self._service(service.name)
            if existing is None:
                self._create(service, swarm_spec.runs_on(), labels, **_release_options(service))
            elif existing["Spec"].get("Labels", {}).get(RELEASE_LABEL) != service.fingerprint:
                template = self._template(service, swarm_spec.runs_on(), labels)
                self._update(existing, template, labels, **_release_options(service))

    def roll_back(self, name, fingerprint):
        """Return to the release before ``fingerprint``; where it was the first, remove it."""
        with _translated():
            existing = self._service(name)
            if existing is None or _release_of(existing["Spec"]) != fingerprint:
                return
            before = existing.get("PreviousSpec")
            if not before or not _release_of(before):
                self.remove(name)
                return
            self._client._result(self._put_spec(existing, before))

    def logs(self, name, after):
        """Return the lines of the newest container of a job or service, after a cursor."""
        with _translated():
            tasks = self._client.tasks(filters={"service": name})
            task = swarm_status.newest(tasks)
            if task is None:
                return []
            return list(_lines(self._frames(task, after), after))

    def ensure_secret(self, name, content, labels):
        """Make a Swarm secret; one with that name already is the one."""
        with _translated(), _existing_is_fine():
            self._client.create_secret(name, content, labels=_own(labels))

    def ensure_config(self, name, content, labels):
        """Make a Swarm config; one with that name already is the one."""
        with _translated(), _existing_is_fine():
            self._client.create_config(name, content, labels=_own(labels))

    def remove_secret(self, name):
        """Remove a Swarm secret; absent is fine."""
        with _translated(), _absent_is_fine():
            self._client.remove_secret(name)

    def tidy(self):
        """Remove the ended containers of services that are gone: Docker 20.10 keeps those of jobs."""
        mine = [f"ipai.instance={self._platform.instance}", "ipai.step"]
        with _translated():
            ended = self._client.containers(all=True, filters={"label": mine, "status": "exited"})
            services = {service["Spec"]["Name"] for service in self._client.services()}
            for container in ended:
                if container["Labels"].get(SERVICE_LABEL) not in services:
                    self._remove_container(container["Id"])

    def bell(self):
        """Return a Bell that rings when something happens here; it has a connection of its own."""
        client = docker.APIClient(self._platform.docker, timeout=TIMEOUT_SECONDS, version="auto")
        return Bell(client, self._platform.instance)

    def _remove_container(self, container_id):
        with _absent_is_fine(), _existing_is_fine():
            self._client.remove_container(container_id, v=True)

    @property
    def _client(self):
        if self._connection is None:
            client = docker.APIClient(self._platform.docker, timeout=TIMEOUT_SECONDS)
            client._auth_configs = auth.load_config(config_dict=self._credentials())
            self._connection = client
        return self._connection

    def _credentials(self):
        registry = self._platform.registry
        if not registry:
            return {"auths": {}}
        login = {"username": registry.get("username", ""), "password": self._password}
        return {registry["address"]: login}

    def _tasks_by_service(self, filters):
        grouped = defaultdict(list)
        for task in self._client.tasks(filters=filters):
            grouped[task["ServiceID"]].append(task)
        return grouped

    def _service(self, name):
        found = self._client.services(filters={"name": name})
        return next((service for service in found if service["Spec"]["Name"] == name), None)

    def _create(self, container, restart, labels, **options):
        template = self._template(container, restart, labels)
        with _existing_is_fine():
            self._client.create_service(
                template,
                name=container.name,
                labels=labels,
                endpoint_spec=swarm_spec.endpoint(),
                **options,
            )

    def _update(self, existing, template, labels, **options):
        self._client.update_service(
            existing["ID"],
            existing["Version"]["Index"],
            task_template=template,
            name=existing["Spec"]["Name"],
            labels=labels,
            endpoint_spec=swarm_spec.endpoint(),
            **options,
        )

    def _put_spec(self, existing, spec):
        url = self._client._url("/services/{0}/update", existing["ID"])
        version = {"version": existing["Version"]["Index"], "registryAuthFrom": "previous-spec"}
        return self._client._post_json(url, data=spec, params=version)

    def _template(self, container, restart, labels):
        secrets = {file.secret: self._secret_id(file.secret) for file in container.secrets}
        configs = {file.config: self._config_id(file.config) for file in container.configs}
        cpus = self._smallest_node()
        return swarm_spec.task_template(container, secrets, configs, restart, labels, cpus)

    def _smallest_node(self):
        """Return how many CPUs every node has at least; None where no node tells."""
        found = (node.get("Description", {}).get("Resources", {}) for node in self._client.nodes())
        known = [node["NanoCPUs"] for node in found if node.get("NanoCPUs")]
        return min(known) / swarm_spec.NANOSECONDS if known else None

    def _secret_id(self, name):
        return _exact(self._client.secrets(filters={"name": name}), name, "secret")

    def _config_id(self, name):
        return _exact(self._client.configs(filters={"name": name}), name, "config")

    def _frames(self, task, after):
        options = {"stdout": 1, "stderr": 1, "timestamps": 1, "since": _since(after)}
        for place in swarm_status.log_places(task):
            url = self._client._url("/{0}/{1}/logs", *place)
            response = self._client._get(url, params=options, stream=True)
            if response.ok:
                break
        self._client._raise_for_status(response)
        return self._client._multiplexed_buffer_helper(response)


def _release_options(service):
    return {
        "mode": types.ServiceMode("replicated", replicas=service.replicas),
        "update_config": swarm_spec.update_config(),
    }


def _release_of(spec):
    return (spec.get("Labels") or {}).get(RELEASE_LABEL)


def _own(labels):
    return {key: labels[key] for key in ("ipai.instance", "ipai.run") if key in labels}


def _exact(found, name, what):
    for item in found:
        if item["Spec"]["Name"] == name:
            return item["ID"]
    raise RuntimeRefused(f"The Swarm {what} {name} is missing; run the set-up again.")


def _since(after):
    """Return a cursor (RFC 3339) as the seconds that the log endpoint filters by, a little early."""
    if not STAMP.match(after):
        return "0"
    return str(int(datetime.fromisoformat(after[:19] + "+00:00").timestamp()))


def _lines(frames, after):
    """Join the pieces of long lines; yield what is newer than ``after``.

    A frame without a time is Docker's own complaint (a task that is not scheduled yet has no log):
    it is no line of the container and would be no cursor.
    """
    pieces, start = [], ""
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


@contextmanager
def _existing_is_fine():
    try:
        yield
    except APIError as error:
        if error.status_code != CONFLICT:
            raise


@contextmanager
def _absent_is_fine():
    try:
        yield
    except NotFound:
        return


@contextmanager
def _translated():
    """Turn Docker's exceptions into the engine's two."""
    try:
        yield
    except APIError as error:
        if error.is_server_error() and "not found" not in str(error.explanation):
            raise RuntimeUnavailable(str(error.explanation)) from error
        raise RuntimeRefused(_sentence(error)) from error
    except (requests.RequestException, DockerException) as error:
        raise RuntimeUnavailable(str(error)) from error


def _sentence(error):
    text = str(error.explanation or error).strip()
    return f"Docker refused: {text}" + ("" if text.endswith(".") else ".")
