"""Swarm services: made when missing, made again when their description changed, waited for until healthy."""

import hashlib
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from .credentials import registry_config_folder
from .docker_engine import docker
from .trouble import Trouble

TOO_OFTEN = 4  # failed containers after which waiting longer is no use


@dataclass(frozen=True)
class Service:
    """One service of the platform; what it says is all that counts for “has it changed”."""

    name: str
    image: str
    networks: tuple
    environment: tuple = ()
    secrets: tuple = ()
    mounts: tuple = ()
    port: tuple = ()
    options: tuple = ()


def create_words(settings, service):
    """The words of `docker service create` for `service`, without the fingerprint."""
    volume_label = f"volume-label={settings.label}"
    return [
        "--name",
        service.name,
        "--label",
        settings.label,
        "--container-label",
        settings.label,
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
        *(word for network in service.networks for word in ("--network", settings.named(network))),
        *(word for variable in service.environment for word in ("--env", variable)),
        *(
            word
            for secret in service.secrets
            for word in (
                "--secret",
                f"source={settings.named(secret[0])},target={secret[1]},mode=0444",
            )
        ),
        *(
            word
            for source, target in service.mounts
            for word in (
                "--mount",
                f"type=volume,source={settings.named(source)},target={target},{volume_label}",
            )
        ),
        *(
            ("--publish", f"mode=host,published={service.port[0]},target={service.port[1]}")
            if service.port
            else ()
        ),
        *service.options,
        service.image,
    ]


def ensure_service(commands, settings, service):
    """The service as described; says what was done."""
    words = create_words(settings, service)
    mark = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
    there = commands.attempt(
        docker(
            "service", "inspect", "--format", '{{index .Spec.Labels "ipai.mark"}}', service.name
        ),
        timeout=30,
    )
    if there.returncode == 0 and there.stdout.strip() == mark:
        return "running"
    if there.returncode == 0:
        remove_services(commands, [service.name])
    elif service.port:
        require_free_port(service.port[0], service.name)
    commands.run(
        [
            *docker("--config", str(registry_config_folder(settings))),
            "service",
            "create",
            "--label",
            f"ipai.mark={mark}",
            *words,
        ],
        timeout=120,
        why=f"The service {service.name} could not be made",
    )
    return "replaced" if there.returncode == 0 else "created"


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
        replicas = _replicas(commands, settings)
        waiting = [name for name in names if not _is_complete(replicas.get(name, "0/1"))]
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


def _replicas(commands, settings):
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


def require_free_port(port, purpose):
    """Stops with one sentence naming who has the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as exc:
            raise Trouble(
                f"Port {port}, needed by {purpose}, is taken by {port_owner(port)}: "
                "free it, or choose another with IPAI_PORT_… (docs/install.md)."
            ) from exc


def port_owner(port):
    """Who listens on `port`, as a person would say it."""
    inode = _listening_inode(port)
    for link in Path("/proc").glob("[0-9]*/fd/*") if inode else ():
        try:
            if str(link.readlink()) == f"socket:[{inode}]":
                return f"“{_command_line(link.parts[2])}” (pid {link.parts[2]})"
        except OSError:
            continue
    return "a program that could not be named"


def _listening_inode(port):
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                return fields[9]
    return None


def _command_line(pid):
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return re.sub(r"\s+", " ", words).strip()[:80]
