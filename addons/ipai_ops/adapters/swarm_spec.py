"""From the engine's JobSpec and ServiceSpec to what the Docker API wants to be sent.

An image may declare a health check, an entry point, a user, a folder, a stop signal and variables. A
container of ours takes none of the first five from it; of the variables, those that steer a program
before its first line are emptied. Every container is hard: no capability but the named ones, no new
privileges, a read-only root, and limits of processes, memory, CPU and files.
"""

from collections.abc import Mapping

from docker import types

from ..engine import volumes
from ..engine.ports import ConfigFile, ContainerSpec, JobSpec, Mount, SecretFile, ServiceSpec

NANOSECONDS = 1_000_000_000
RELEASE_LABEL = "ipai.release"
LOG_DRIVER = "json-file"
LOG_OPTIONS = {"max-size": "100m", "max-file": "2"}
MONITOR_SECONDS = 0.1  # how long a healthy new task must stay up; the smoke test looks longer
LEAST_TEMPORARY_BYTES = 64 << 20
RUN_BYTES = 16 << 20
OPEN_FILES = 8192  # no more than what an engine itself may have anywhere
# A job is ours although its image is not: what would steer its Python or its loader is emptied.
STEERING = (
    *("LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "BASH_ENV", "ENV"),
    *("PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONOPTIMIZE"),
    *("IPAI_SPEC", "IPAI_SPOOL", "IPAI_SECRETS", "IPAI_MIRRORS", "IPAI_CA_BUNDLE", "IPAI_ADDONS"),
    *("IPAI_ODOO_USER", "IPAI_RUN_AS", "IPAI_PATIENCE_SECONDS", "IPAI_GIT_PROTOCOLS"),
    "IPAI_PROBE_PORT",
)


def task_template(
    container: ContainerSpec,
    secret_ids: Mapping[str, str],
    config_ids: Mapping[str, str],
    restart: types.RestartPolicy,
    labels: dict[str, str],
    cpus: float | None = None,
) -> types.TaskTemplate:
    """Return the TaskTemplate of a container; ids are looked up by the caller.

    ``cpus``: how many the smallest node has. Docker refuses a container that may use more.
    """
    spec = types.ContainerSpec(
        image=container.image,
        command=list(container.command),
        env=_environment(container),
        labels=labels,
        workdir=container.working_dir,
        mounts=[
            *_scratch(container, labels),
            *(_mount(mount, labels) for mount in container.mounts),
        ],
        secrets=[_secret(file, secret_ids[file.secret]) for file in container.secrets],
        configs=[_config(file, config_ids[file.config]) for file in container.configs],
        user=container.user,
        healthcheck=_healthcheck(container),
        stop_signal=container.stop_signal,
        stop_grace_period=container.stop_grace_seconds * NANOSECONDS,
        read_only=container.is_read_only,
        init=True,
        cap_drop=["ALL"],
        cap_add=[f"CAP_{name}" for name in container.capabilities],
    )
    return types.TaskTemplate(
        _hardened(spec),
        resources=_resources(container, cpus),
        restart_policy=restart,
        networks=[types.NetworkAttachmentConfig(name) for name in container.networks],
        log_driver=types.DriverConfig(LOG_DRIVER, LOG_OPTIONS),
    )


def _hardened(spec: types.ContainerSpec) -> types.ContainerSpec:
    """Add the two that the client's types do not know.

    Engines before API 1.46 pass over the first, there the toolbox asks the kernel itself.
    """
    spec["Privileges"] = {"NoNewPrivileges": True}
    spec["Ulimits"] = [_ulimit("core", 0), _ulimit("nofile", OPEN_FILES)]
    return spec


def runs_once() -> types.RestartPolicy:
    return types.RestartPolicy(condition="none", max_attempts=0)


def runs_on() -> types.RestartPolicy:
    return types.RestartPolicy(condition="any", delay=2 * NANOSECONDS)


def job_mode() -> types.ServiceMode:
    return types.ServiceMode("replicated-job", replicas=1, concurrency=1)


def release_mode(replicas: int) -> types.ServiceMode:
    return types.ServiceMode("replicated", replicas=replicas)


def update_config() -> types.UpdateConfig:
    """Return the health-gated, start-first update; a failure stops it with the old task serving."""
    return types.UpdateConfig(
        parallelism=1,
        failure_action="pause",
        monitor=int(MONITOR_SECONDS * NANOSECONDS),
        max_failure_ratio=0,
        order="start-first",
    )


def endpoint() -> types.EndpointSpec:
    return types.EndpointSpec(mode="dnsrr")


def _environment(container: ContainerSpec) -> list[str]:
    emptied = dict.fromkeys(STEERING, "") if isinstance(container, JobSpec) else {}
    return [f"{name}={value}" for name, value in {**emptied, **container.environment}.items()]


def _resources(container: ContainerSpec, cpus: float | None) -> types.Resources:
    limit = min(container.cpus, cpus or container.cpus)
    resources = types.Resources(
        mem_limit=container.memory_bytes, cpu_limit=int(limit * NANOSECONDS)
    )
    resources["Limits"]["Pids"] = container.pids
    return resources


def _ulimit(name: str, most: int) -> dict[str, str | int]:
    return {"Name": name, "Soft": most, "Hard": most}


def _scratch(container: ContainerSpec, labels: Mapping[str, str]) -> list[types.Mount]:
    """Return the folders that may be written: the usual temporary ones in memory, and the own ones."""
    temporary = max(LEAST_TEMPORARY_BYTES, container.memory_bytes // 4)
    usual = {"/tmp": temporary, "/var/tmp": temporary, "/run": RUN_BYTES}
    own = {place.target: place.size_bytes for place in container.scratch}
    chosen = {**(usual if container.is_read_only else {}), **own}
    return [_scratch_folder(target, size, labels) for target, size in chosen.items()]


def _scratch_folder(target: str, size_bytes: int, labels: Mapping[str, str]) -> types.Mount:
    if not size_bytes:
        own = {key: labels[key] for key in volumes.OWNERS if labels.get(key)}
        return types.Mount(target, None, type="volume", labels=own)
    return types.Mount(target, None, type="tmpfs", tmpfs_size=size_bytes, tmpfs_mode=0o1777)


def _mount(mount: Mount, labels: Mapping[str, str]) -> types.Mount:
    if mount.source.startswith("/"):
        return types.Mount(mount.target, mount.source, type="bind", read_only=mount.read_only)
    own = volumes.labels_of(mount, labels)
    return types.Mount(
        mount.target, mount.source, type="volume", read_only=mount.read_only, labels=own
    )


def _secret(file: SecretFile, secret_id: str) -> types.SecretReference:
    return types.SecretReference(secret_id, file.secret, filename=file.filename, mode=0o444)


def _config(file: ConfigFile, config_id: str) -> types.ConfigReference:
    return types.ConfigReference(config_id, file.config, filename=file.target, mode=0o444)


def _healthcheck(container: ContainerSpec) -> types.Healthcheck:
    """Return the container's own health check. A job has none, whatever its image says."""
    if not isinstance(container, ServiceSpec):
        return types.Healthcheck(test=["NONE"])
    return types.Healthcheck(
        test=["CMD", *container.health_command],
        interval=2 * NANOSECONDS,
        timeout=40 * NANOSECONDS,  # the probe of a calm target answers slowly
        retries=5,
        start_period=container.start_period_seconds * NANOSECONDS,
    )
