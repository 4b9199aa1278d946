"""The way down: stop keeps everything, reset forgets everything but the caches."""

import json
import shutil
import time

from . import docker_engine, firewall, forge, management, postgres, swarm
from .docker_engine import docker
from .services import remove_services
from .trouble import Trouble

ASLEEP = "ipai.replicas"
DETACH_SECONDS = 2  # what Docker takes to tell its own parts that a container left a network


def stop(commands, settings):
    """Stop what runs for this instance, each with a word; targets come back with the next start."""
    yield "Management Odoo", lambda: _said(management.stop_management(settings))
    yield "Git daemon", lambda: _said(forge.stop_daemon(settings))
    yield "Management PostgreSQL", lambda: _said(postgres.stop_postgres(commands, settings))
    if docker_engine.answers(commands):
        yield "Services", lambda: _put_to_sleep(commands, settings)
        yield "Firewall", lambda: _said(firewall.stop_firewall(commands, settings))
        yield "Docker engine", lambda: _stop_engine(commands)


def wake(commands, settings):
    """Give the services that `stop` put to sleep their replicas back."""
    sleeping = [
        one for one in _services(commands, [settings.label]) if ASLEEP in one["Spec"]["Labels"]
    ]
    for service in sleeping:
        replicas = service["Spec"]["Labels"][ASLEEP]
        _update(commands, service, "--replicas", replicas, "--label-rm", ASLEEP)
    return f"{len(sleeping)} woken" if sleeping else "awake"


def reset(commands, settings):
    """Remove every object and file of this instance; the caches stay."""
    yield "Management Odoo", lambda: _said(management.stop_management(settings))
    yield "Git daemon", lambda: _said(forge.stop_daemon(settings))
    yield "Management PostgreSQL", lambda: _said(postgres.stop_postgres(commands, settings))
    awake = docker_engine.answers(commands)
    asleep = docker_engine.is_installed() and not awake
    if asleep:
        yield "Docker engine", lambda: docker_engine.ensure_engine(commands)
    if awake or asleep:
        yield from _remove_objects(commands, settings)
    yield "State folder", lambda: _remove_state(settings)
    if asleep:
        yield "Docker engine", lambda: _stop_engine(commands)


def _remove_objects(commands, settings):
    """All that Docker remembers of this instance; its secrets outlive the engine's process."""
    in_swarm = swarm.is_manager(commands)
    if in_swarm:
        yield "Services", lambda: _remove_services(commands, settings)
    yield "Firewall", lambda: _said(firewall.remove_firewall(commands, settings))
    yield "Containers", lambda: _remove_containers(commands, settings)
    yield "Networks", lambda: _remove_networks(commands, settings)
    for kind in ("secret", "config", "volume") if in_swarm else ("volume",):
        yield f"{kind.capitalize()}s", lambda kind=kind: _remove_all(commands, settings, kind)


def _said(was_running):
    return "stopped" if was_running else "was not running"


def _services(commands, labels):
    filters = [word for label in labels for word in ("--filter", f"label={label}")]
    names = commands.run(docker("service", "ls", "--quiet", *filters)).split()
    return json.loads(commands.run(docker("service", "inspect", *names))) if names else []


def _put_to_sleep(commands, settings):
    """Zero replicas, the wanted number remembered in a label, so nothing runs and nothing is lost."""
    awake = [one for one in _services(commands, [settings.label]) if _wanted(one)]
    for service in awake:
        _update(commands, service, "--replicas", "0", "--label-add", f"{ASLEEP}={_wanted(service)}")
    _wait_until_gone(commands, settings)
    return f"{len(awake)} stopped"


def _wanted(service):
    return service["Spec"]["Mode"].get("Replicated", {}).get("Replicas", 0)


def _update(commands, service, *words):
    name = service["Spec"]["Name"]
    commands.run(
        docker("service", "update", "--detach", "--quiet", "--no-resolve-image", *words, name),
        why=f"The service {name} could not be changed",
    )


def _wait_until_gone(commands, settings, timeout_seconds=60):
    deadline = time.monotonic() + timeout_seconds
    while commands.run(docker("ps", "--quiet", "--filter", f"label={settings.label}")).strip():
        if time.monotonic() > deadline:
            raise Trouble(f"The containers of {settings.instance} do not stop: see “docker ps”.")
        time.sleep(0.3)


def _stop_engine(commands):
    """Only an engine that we started, and only when no container uses it."""
    if not docker_engine.is_ours():
        return "not ours, left alone"
    if commands.run(docker("ps", "--quiet")).strip():
        return "in use, left running"
    return _said(docker_engine.stop_engine())


def _remove_services(commands, settings):
    names = [one["Spec"]["Name"] for one in _services(commands, [settings.label])]
    remove_services(commands, names)
    return f"{len(names)} removed"


def _remove_containers(commands, settings):
    """Docker keeps the containers of completed jobs; whatever else ended on our volumes holds them."""
    volumes = _names(commands, settings, "volume")
    filters = [f"label={settings.label}", *(f"volume={name}" for name in volumes)]
    words = ("ps", "--quiet", "--all", "--filter")
    names = {name for one in filters for name in commands.run(docker(*words, one)).split()}
    if names:
        commands.attempt(docker("rm", "--force", "--volumes", *names), timeout=120)
    return f"{len(names)} removed"


def _remove_networks(commands, settings):
    """Only when nothing is attached any more: Docker, asked too early, keeps a ghost of the network."""
    names = _names(commands, settings, "network")
    if names:
        _wait_until_detached(commands, names)
        time.sleep(DETACH_SECONDS)
    for name in names:
        done = commands.attempt(docker("network", "rm", name), timeout=60)
        if "not found" in done.stderr:
            raise Trouble(
                f"Docker still lists the network {name}, which it removed before: restart Docker."
            )
    _remove_all(commands, settings, "network")
    return f"{len(names)} removed"


def _wait_until_detached(commands, names, timeout_seconds=30):
    """Each overlay has an endpoint of its own; everything else must have gone."""
    query = docker(
        "network", "inspect", "--format", "{{range .Containers}}{{println .Name}}{{end}}", *names
    )
    deadline = time.monotonic() + timeout_seconds
    while True:
        attached = commands.attempt(query, timeout=30).stdout.split()
        if all(name.endswith("-endpoint") for name in attached) or time.monotonic() > deadline:
            return
        time.sleep(0.3)


def _names(commands, settings, kind):
    """What Docker has of this instance: networks, secrets, configs, volumes."""
    listed = docker(kind, "ls", "--filter", f"label={settings.label}", "--format", "{{.Name}}")
    return commands.run(listed).split()


def _remove_all(commands, settings, kind, timeout_seconds=60):
    """Remove all labelled objects of a kind; what still holds them lets go within moments."""
    names = _names(commands, settings, kind)
    deadline = time.monotonic() + timeout_seconds
    remaining = names
    while remaining:
        commands.attempt(docker(kind, "rm", *remaining))
        remaining = _names(commands, settings, kind)
        if remaining and time.monotonic() > deadline:
            raise Trouble(f"The {kind} {remaining[0]} is still in use and cannot be removed.")
        time.sleep(0.2 if remaining else 0)
    return f"{len(names)} removed"


def _remove_state(settings):
    for child in settings.state.glob("*"):
        if child.name != "lock":
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    return str(settings.state)
