"""Where things are, taken once from the environment."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from .limits import read_limits
from .trouble import Trouble

PORTS = {
    "ipai": {"edge": 8080, "registry": 15000, "git": 19418, "odoo": 18069, "websocket": 18072},
    "ipaitest": {"edge": 18080, "registry": 15001, "git": 19419, "odoo": 28069, "websocket": 28072},
}
SERVER_PORTS = {"http": 80, "https": 443}  # of a stack's edge
ENGINE_STATE = Path("/var/lib/ipai/engine")


@dataclass(frozen=True)
class Settings:
    """Everything a step needs to know about this instance; nothing in it changes while it runs."""

    instance: str
    checkout: Path
    state: Path
    cache: Path
    ports: dict
    domain: str
    odoo_source: str
    mirror: str
    advertise: str
    certificate: str
    key: str
    workers: str
    builds_may_reach: str = ""
    targets_may_reach: str = ""
    limits: dict = field(default_factory=dict)

    @property
    def secrets(self):
        return self.state / "secrets"

    @property
    def logs(self):
        return self.state / "log"

    @property
    def label(self):
        return f"ipai.instance={self.instance}"

    def named(self, name):
        """The name of a Swarm object of this instance."""
        return f"{self.instance}-{name}"


def read_settings(environ, checkout):
    """Settings for `environ`; raises Trouble on a value that cannot work."""
    instance = environ.get("IPAI_INSTANCE", "ipai")
    if not re.fullmatch(r"[a-z][a-z0-9]{1,20}", instance):
        raise Trouble(f"IPAI_INSTANCE is “{instance}”: use 2 to 21 small letters and digits.")
    return Settings(
        instance=instance,
        checkout=checkout,
        state=Path(environ.get("IPAI_STATE", f"/var/lib/ipai/{instance}")).absolute(),
        cache=Path(environ.get("IPAI_CACHE", "/var/cache/ipai")).absolute(),
        ports=_ports(instance, environ),
        domain=environ.get("IPAI_DOMAIN", "localhost"),
        odoo_source=environ.get("ODOO_SOURCE", ""),
        mirror=environ.get("IPAI_MIRROR", ""),
        advertise=environ.get("IPAI_ADVERTISE_ADDRESS", "127.0.0.1"),
        certificate=environ.get("IPAI_TLS_CERTIFICATE", ""),
        key=environ.get("IPAI_TLS_KEY", ""),
        workers=environ.get("IPAI_WORKERS", "2"),
        builds_may_reach=environ.get("IPAI_BUILDS_MAY_REACH", ""),
        targets_may_reach=environ.get("IPAI_TARGETS_MAY_REACH", ""),
        limits=read_limits(environ),
    )


def _ports(instance, environ):
    ports = {**SERVER_PORTS, **PORTS.get(instance, PORTS["ipai"])}
    for name in ports:
        ports[name] = _port(environ, f"IPAI_PORT_{name.upper()}", ports[name])
    return ports


def _port(environ, variable, default):
    text = environ.get(variable, str(default))
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise Trouble(f"{variable} is “{text}”: use a port number from 1 to 65535.")


def current_settings():
    """Settings of this process, for this checkout."""
    return read_settings(os.environ, Path(__file__).resolve().parents[2])
