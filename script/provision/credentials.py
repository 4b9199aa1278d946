"""Passwords: made once at random, kept in files only root reads, handed to Swarm as secrets."""

import base64
import hashlib
import json
import os
import secrets
from pathlib import Path

from .docker_engine import docker
from .trouble import Trouble

REGISTRY_USER = "ipai"
RANDOM = (
    "registry-password",
    "postgres-management-password",
    "management-database-password",
    "postgres-production-password",
    "postgres-nonproduction-password",
    "edge-token",
    "gate-token",
    "admin-password",
    "webhook-secret",
)
SWARM = (
    "registry-password",
    "postgres-production-password",
    "postgres-nonproduction-password",
    "edge-token",
    "gate-token",
)
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def ensure_secret_files(settings):
    """Every secret as a file with mode 0600; existing ones stay."""
    settings.secrets.mkdir(parents=True, exist_ok=True)
    settings.secrets.chmod(0o700)
    made = [name for name in RANDOM if not (settings.secrets / name).exists()]
    for name in made:
        write_private(settings.secrets / name, secrets.token_urlsafe(24))
    _write_registry_auth(settings)
    return f"made {len(made)}" if made else "already there"


def write_private(path, text):
    """Write a file that only its owner may read, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    partial.rename(path)


def read_secret(settings, name):
    return (settings.secrets / name).read_text().strip()


def registry_config_folder(settings):
    """A Docker client configuration folder that knows the registry's password."""
    return settings.secrets / "docker"


def registry_addresses(settings):
    """The registry's two names: from the machine, and from the control network."""
    return f"127.0.0.1:{settings.ports['registry']}", f"{settings.named('registry')}:5000"


def _write_registry_auth(settings):
    auth = base64.b64encode(
        f"{REGISTRY_USER}:{read_secret(settings, 'registry-password')}".encode()
    ).decode()
    folder = registry_config_folder(settings)
    folder.mkdir(exist_ok=True)
    auths = {address: {"auth": auth} for address in registry_addresses(settings)}
    write_private(folder / "config.json", json.dumps({"auths": auths}))


def ensure_swarm_secrets(commands, settings, names=SWARM):
    """The secrets and the CA bundle in the swarm, equal to the files of this state folder."""
    files = {settings.named(name): settings.secrets / name for name in names}
    files[settings.named("registry-auth")] = registry_config_folder(settings) / "config.json"
    there = _fingerprints(commands, "secret", settings)
    for name, path in files.items():
        _ensure_secret(commands, settings, name, path, there)
    return _ensure_ca_bundle(commands, settings)


def _ensure_secret(commands, settings, name, path, there):
    mark = _mark(path)
    if name not in there:
        _create(commands, settings, "secret", name, path, mark)
    elif there[name] != mark:
        raise Trouble(
            f"The swarm's secret {name} was made from another state folder than {settings.state}: "
            "set IPAI_STATE to that folder, or start anew with “script/server reset”."
        )


def ensure_marked(commands, settings, kind, name, path):
    """A secret or config that may change: each content gets a name of its own, which is returned."""
    marked = f"{settings.named(name)}-{_mark(path)[:8]}"
    if marked not in _fingerprints(commands, kind, settings):
        _create(commands, settings, kind, marked, path, _mark(path))
    return marked


def _ensure_ca_bundle(commands, settings):
    name = settings.named("ca-bundle")
    there = _fingerprints(commands, "config", settings).get(name)
    if not CA_BUNDLE.exists() or there == _mark(CA_BUNDLE):
        return "already there"
    if there and not commands.succeeds(docker("config", "rm", name)):
        return "kept the older CA bundle, it is in use"
    _create(commands, settings, "config", name, CA_BUNDLE, _mark(CA_BUNDLE))
    return "ready"


def _create(commands, settings, kind, name, path, mark):
    commands.run(
        docker(
            kind,
            "create",
            "--label",
            settings.label,
            "--label",
            f"ipai.mark={mark}",
            name,
            str(path),
        ),
        why=f"The swarm {kind} {name} could not be made",
    )


def _fingerprints(commands, kind, settings):
    """{name: mark} of this instance's swarm secrets or configs."""
    names = commands.run(
        docker(kind, "ls", "--filter", f"label={settings.label}", "--format", "{{.Name}}")
    ).split()
    if not names:
        return {}
    found = json.loads(commands.run(docker(kind, "inspect", *names)))
    return {one["Spec"]["Name"]: one["Spec"]["Labels"].get("ipai.mark", "") for one in found}


def _mark(path):
    """Tells two contents apart; the secrets are random, so this says nothing about them."""
    return hashlib.sha256(b"ipai" + path.read_bytes()).hexdigest()[:16]
