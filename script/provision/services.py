"""Swarm services: made when missing, made again when their description changed, waited for until healthy."""

import hashlib
import time
from dataclasses import dataclass, field

from .credentials import registry_config_folder
from .docker_engine import docker
from .limits import Limits
from .ports import require_free_port
from .trouble import Trouble

TOO_OFTEN = 4  # failed containers after which waiting longer is no use


@dataclass(frozen=True)
class Service:
    """One service of the platform; what it says is all that counts for “has it changed”.

    `capabilities` are the rights of root it keeps; outside of `mounts` it writes only to `memory`
    (folders, with their size) and `scratch` (folders on the disk, gone with the container).
    """

    name: str
    image: str
    networks: tuple
    environment: tuple = ()
    secrets: tuple = ()
    mounts: tuple = ()
    port: tuple = ()
    options: tuple = ()
    user: str = "0:0"
    capabilities: tuple = ()
    memory: tuple = (("/tmp", "64m"), ("/run", "16m"))
    scratch: tuple = ()
    limits: Limits = field(kw_only=True)


ALWAYS = [
    "--endpoint-mode",
    "dnsrr",
    "--no-resolve-image",
    "--with-registry-auth",
    "--detach",
    "--quiet",
    "--log-driver",
    "json-file",
    "--log-opt",
    "max-size=10m",
    "--log-opt",
    "max-file=3",
    "--restart-delay",
    "1s",
    "--update-order",
    "stop-first",
    "--stop-grace-period",
    "30s",
    "--health-timeout",
    "30s",  # a busy machine answers late: no reason to stop a database
]


def create_words(settings, service):
    """The words of `docker service create` for `service`, without the fingerprint."""
    words = ["--name", service.name, "--label", settings.label, "--container-label", settings.label]
    words += ALWAYS
    words += _each("--network", (settings.named(network) for network in service.networks))
    words += _each("--env", service.environment)
    words += _each("--secret", (_secret(settings, *secret) for secret in service.secrets))
    words += _each("--mount", (_volume(settings, *mount) for mount in service.mounts))
    if service.port:
        published, target = service.port
        words += ["--publish", f"mode=host,published={published},target={target}"]
    return [*words, *box_words(service), *service.options, service.image]


def box_words(service):
    """What makes the container of `service` a hard one."""
    words = ["--user", service.user, "--read-only", "--init", "--cap-drop", "ALL"]
    words += _each("--cap-add", service.capabilities)
    most = service.limits
    words += ["--limit-memory", most.memory, "--limit-cpu", most.cpus]
    words += ["--limit-pids", str(most.pids), "--ulimit", "core=0:0"]
    words += _each("--mount", (_memory(*place) for place in service.memory))
    return words + _each("--mount", (f"type=volume,target={place}" for place in service.scratch))


def _memory(target, size):
    return f"type=tmpfs,target={target},tmpfs-size={size},tmpfs-mode=1777"


def _each(option, values):
    return [word for value in values for word in (option, value)]


def _secret(settings, name, target):
    return f"source={settings.named(name)},target={target},mode=0444"


def _volume(settings, name, target):
    source = f"type=volume,source={settings.named(name)},target={target}"
    return f"{source},volume-label={settings.label}"


def ensure_service(commands, settings, service):
    """The service as described; says what was done."""
    words = create_words(settings, service)
    mark = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
    known = _mark_in_force(commands, service)
    if known == mark:
        return "running"
    if known is not None:
        remove_services(commands, [service.name])
    elif service.port:
        require_free_port(service.port[0], service.name)
    client = docker("--config", str(registry_config_folder(settings)))
    commands.run(
        [*client, "service", "create", "--label", f"ipai.mark={mark}", *words],
        timeout=120,
        why=f"The service {service.name} could not be made",
    )
    return "created" if known is None else "replaced"


def _mark_in_force(commands, service):
    """The mark the service was made with; None where there is no such service."""
    query = '{{index .Spec.Labels "ipai.mark"}}'
    asked = commands.attempt(docker("service", "inspect", "--format", query, service.name))
    return asked.stdout.strip() if asked.returncode == 0 else None


def remove_services(commands, names, timeout_seconds=60):
    """Remove services and wait until their containers are gone."""
    if not names:
        return
    commands.attempt(docker("service", "rm", *names), timeout=60)
    deadline = time.monotonic() + timeout_seconds
    filters = [
        word
        for name in names
        for word in ("--filter", f"label=com.docker.swarm.service.name={name}")
    ]
    while commands.run(docker("ps", "--quiet", "--all", *filters)).strip():
        if time.monotonic() > deadline:
            raise Trouble(f"The containers of {', '.join(names)} do not stop.")
        time.sleep(0.3)


def wait_until_running(commands, settings, names, timeout_seconds=90):
    """Return when each of `names` has all replicas (healthy, where the image has a check)."""
    deadline = time.monotonic() + timeout_seconds
    earlier = {name: _failed_tasks(commands, name) for name in names}
    failed = {name: set() for name in names}
    while True:
        running = replicas(commands, settings)
        waiting = [name for name in names if not _is_complete(running.get(name, "0/1"))]
        if not waiting:
            return
        for name in waiting:
            failed[name] |= _failed_tasks(commands, name) - earlier[name]
        failing = next((name for name in waiting if len(failed[name]) >= TOO_OFTEN), None)
        if failing or time.monotonic() > deadline:
            name = failing or waiting[0]
            raise Trouble(f"The service {name} does not come up: {_last_words(commands, name)}")
        time.sleep(0.5)


def _failed_tasks(commands, name):
    """The tasks of the service that ended badly, as far as Docker remembers."""
    told = docker("service", "ps", "--no-trunc", "--format", "{{.ID}} {{.CurrentState}}", name)
    states = (line.split() for line in commands.attempt(told, timeout=30).stdout.splitlines())
    return {words[0] for words in states if words[1:2] and words[1] in ("Failed", "Rejected")}


def replicas(commands, settings):
    """Return {service: "running/wanted"} of the instance."""
    lines = commands.run(
        docker(
            "service",
            "ls",
            "--filter",
            f"label={settings.label}",
            "--format",
            "{{.Name}} {{.Replicas}}",
        )
    )
    return dict(line.split(" ", 2)[:2] for line in lines.splitlines())


def _is_complete(replicas):
    running, _, wanted = replicas.partition("/")
    return running == wanted and wanted != "0"


def _last_words(commands, name):
    """What the service said last, or what Docker says of it."""
    logged = commands.attempt(docker("service", "logs", "--raw", "--tail", "5", name), timeout=20)
    lines = [line for line in (logged.stdout + logged.stderr).splitlines() if line.strip()]
    told = docker("service", "ps", "--no-trunc", "--format", "{{.CurrentState}} {{.Error}}", name)
    state = commands.attempt(told, timeout=30).stdout.splitlines()[:1]
    said = lines[-1].strip()[-300:] if lines else " ".join(state) or "it has no task"
    return f"{said} (see “docker service logs {name}”)."
