"""What the engine needs from the world: the shapes that cross the border, and the protocols."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

NOBODY = "65534:65534"


class RuntimeUnavailable(Exception):
    """The container runtime does not answer; nothing is known about jobs and services."""


class RuntimeRefused(Exception):
    """The container runtime answered, and said no; ``str(exc)`` is its sentence."""


@dataclass(frozen=True)
class Mount:
    """A named volume, or with a leading slash a path of the node, inside the container.

    ``labels`` say whose the volume is: it is made with them, and refused where it has others.
    ``size_bytes``: the most it ever holds, where the machine's file system can keep to that; 0: no limit.
    """

    source: str
    target: str
    read_only: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int = 0


@dataclass(frozen=True)
class SecretFile:
    """A Swarm secret as the file /run/secrets/<filename>.

    ``content_of`` names a text that the driver renders (``odoo.conf``, ``git-credentials``…)
    before the container starts; None when the secret was made by the set-up.
    """

    secret: str
    filename: str
    content_of: str | None = None


@dataclass(frozen=True)
class ConfigFile:
    """A Swarm config as a file; ``content_of='toolbox'`` is the toolbox of this release."""

    config: str
    target: str
    content_of: str | None = None


@dataclass(frozen=True)
class Scratch:
    """An empty folder for one container: in memory up to ``size_bytes``, or on the disk with 0.

    It goes with its container. What it holds in memory counts as the container's memory.
    """

    target: str
    size_bytes: int = 0


@dataclass(frozen=True)
class ContainerSpec:
    """What every container is given. Nothing is left to the image but its files and variables.

    ``capabilities`` are the few of root's rights it keeps; its root file system is read-only but
    for ``mounts`` and ``scratch``.
    """

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    scratch: tuple[Scratch, ...] = ()
    secrets: tuple[SecretFile, ...] = ()
    configs: tuple[ConfigFile, ...] = ()
    memory_bytes: int = 2 << 30
    cpus: float = 1.0
    pids: int = 1024
    user: str = NOBODY
    capabilities: tuple[str, ...] = ()
    working_dir: str = "/tmp"
    stop_signal: str = "SIGTERM"
    stop_grace_seconds: int = 10
    is_read_only: bool = True


@dataclass(frozen=True)
class JobSpec(ContainerSpec):
    """A container that runs once. Its name is its identity: starting it twice adopts it."""


@dataclass(frozen=True)
class ServiceSpec(ContainerSpec):
    """A container that goes on; replaced start-first behind a health gate."""

    fingerprint: str = field(kw_only=True)
    health_command: tuple[str, ...] = field(kw_only=True)
    replicas: int = 1
    start_period_seconds: int = 120
    stop_grace_seconds: int = 30


class JobState(Enum):
    ABSENT = "absent"
    PENDING = "pending"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class JobStatus:
    """One job as the runtime sees it; ``exit_code`` proves nothing without a result line."""

    state: JobState = JobState.ABSENT
    exit_code: int | None = None
    error: str = ""


class ServiceState(Enum):
    ABSENT = "absent"
    CONVERGING = "converging"
    HEALTHY = "healthy"
    FAILING = "failing"


@dataclass(frozen=True)
class ServiceStatus:
    """One service: which release (``fingerprint``) it is to run, and how that goes."""

    state: ServiceState = ServiceState.ABSENT
    fingerprint: str = ""
    error: str = ""


@dataclass(frozen=True)
class Observation:
    """Everything the runtime shows at one moment, by name."""

    jobs: Mapping[str, JobStatus] = field(default_factory=dict)
    services: Mapping[str, ServiceStatus] = field(default_factory=dict)

    def job(self, name: str) -> JobStatus:
        return self.jobs.get(name, JobStatus())

    def service(self, name: str) -> ServiceStatus:
        return self.services.get(name, ServiceStatus())


@dataclass(frozen=True)
class LogLine:
    """A line a container wrote: when, by the node's clock, and what."""

    cursor: str
    text: str


class Runtime(Protocol):
    """Containers, as the driver needs them. Every call is idempotent.

    Raises RuntimeUnavailable when nothing answers, RuntimeRefused when the answer is no.
    """

    def observe(self) -> Observation: ...
    def start_job(self, job: JobSpec) -> None: ...
    def remove(self, name: str) -> None: ...
    def converge(self, service: ServiceSpec) -> None: ...
    def roll_back(self, name: str, fingerprint: str) -> None: ...
    def logs(self, name: str, after: str) -> Iterable[LogLine]: ...
    def ensure_secret(self, name: str, content: bytes, labels: Mapping[str, str]) -> None: ...
    def ensure_config(self, name: str, content: bytes, labels: Mapping[str, str]) -> None: ...
    def remove_secret(self, name: str) -> None: ...


class Clock(Protocol):
    """Time and waiting come from outside, so that tests own them."""

    def now(self) -> datetime: ...
