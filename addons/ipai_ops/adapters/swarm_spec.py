"""From the engine's JobSpec and ServiceSpec to what the Docker API wants to be sent."""

from docker import types

NANOSECONDS = 1_000_000_000
RELEASE_LABEL = "ipai.release"
LOG_DRIVER = {"Name": "json-file", "Options": {"max-size": "100m", "max-file": "2"}}
MONITOR_SECONDS = 0.1  # how long a healthy new task must stay up; the smoke test looks longer


def task_template(container, secret_ids, config_ids, restart, labels):
    """Return the TaskTemplate of a container; ids are looked up by the caller."""
    spec = types.ContainerSpec(
        image=container.image,
        command=list(container.command),
        env=dict(container.environment),
        labels=labels,
        mounts=[_mount(mount, labels) for mount in container.mounts],
        secrets=[_secret(file, secret_ids[file.secret]) for file in container.secrets],
        configs=[_config(file, config_ids[file.config]) for file in container.configs],
        user=getattr(container, "user", None),
        healthcheck=_healthcheck(container),
        stop_grace_period=getattr(container, "stop_grace_seconds", 10) * NANOSECONDS,
    )
    return types.TaskTemplate(
        spec,
        resources=types.Resources(mem_limit=container.memory_bytes),
        restart_policy=restart,
        networks=[types.NetworkAttachmentConfig(name) for name in container.networks],
        log_driver=types.DriverConfig(LOG_DRIVER["Name"], LOG_DRIVER["Options"]),
    )


def runs_once():
    return types.RestartPolicy(condition="none", max_attempts=0)


def runs_on():
    return types.RestartPolicy(condition="any", delay=2 * NANOSECONDS)


def job_mode():
    return types.ServiceMode("replicated-job", replicas=1, concurrency=1)


def update_config():
    """Return the health-gated, start-first update; a failure stops it with the old task serving."""
    return types.UpdateConfig(
        parallelism=1,
        failure_action="pause",
        monitor=int(MONITOR_SECONDS * NANOSECONDS),
        max_failure_ratio=0,
        order="start-first",
    )


def endpoint():
    return types.EndpointSpec(mode="dnsrr")


def _mount(mount, labels):
    if mount.source.startswith("/"):
        return types.Mount(mount.target, mount.source, type="bind", read_only=mount.read_only)
    own = {key: labels[key] for key in ("ipai.instance",) if key in labels}
    return types.Mount(
        mount.target, mount.source, type="volume", read_only=mount.read_only, labels=own
    )


def _secret(file, secret_id):
    return types.SecretReference(secret_id, file.secret, filename=file.filename, mode=0o444)


def _config(file, config_id):
    return types.ConfigReference(config_id, file.config, filename=file.target, mode=0o444)


def _healthcheck(container):
    command = getattr(container, "health_command", ())
    if not command:
        return None
    return types.Healthcheck(
        test=["CMD", *command],
        interval=2 * NANOSECONDS,
        timeout=40 * NANOSECONDS,  # the probe of a calm target answers slowly
        retries=5,
        start_period=container.start_period_seconds * NANOSECONDS,
    )
