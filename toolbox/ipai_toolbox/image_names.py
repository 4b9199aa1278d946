"""Whose images a build may use: public ones, the platform's base, the project's own; nobody else's.

The engine keeps images of all projects under the registry's name and takes them from there without
asking the registry, so a name is judged before the engine sees it.
"""

import ipaddress
import re
from dataclasses import dataclass

from .outcome import Failure

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@\[\]-]*")
HINT = "Name the base image, an image of this project or a public one, then push again"


@dataclass(frozen=True)
class ImageRules:
    """The platform's registry under its names, the project's repository in it, and what all may use."""

    registry: str
    internal: str
    instance: str
    project: str
    platform: tuple[str, ...] = ()

    def check(self, reference: str, place: str) -> None:
        """Nothing when the build may use the image. Raises Failure."""
        if not REFERENCE.fullmatch(reference):
            raise Failure(f"{place}: '{reference}' cannot be checked as the name of an image", HINT)
        host, path = _split(reference.lower())
        if not host or not self._is_here(host, path) or self._is_free(host, path):
            return
        raise Failure(f"{place}: the image {reference} belongs to somebody else", HINT)

    def _is_free(self, host: str, path: str) -> bool:
        """Only under the name that the platform itself uses: the engine knows images by it."""
        own = f"{self.registry}/{self.instance}/{self.project}".lower()
        return f"{host}/{path}" in (own, *map(_repository, self.platform))

    def _is_here(self, host: str, path: str) -> bool:
        """True for the platform's images, and for its registry under any name it may have."""
        name, colon, port = host.rpartition(":") if re.search(r":\d+$", host) else (host, "", "")
        registry, internal = _plain(self.registry), _plain(self.internal)
        if f"{host}/{path}".startswith(f"{registry}/{self.instance}/".lower()) or host == internal:
            return True
        has_its_port = bool(colon) and registry.endswith(f":{port}")
        is_behind = bool(colon) and internal.endswith(f":{port}") and not _is_public(name)
        return has_its_port or is_behind or _is_nearby(name)


def _plain(address: str) -> str:
    return (address.partition("://")[2] or address).lower()


def _split(reference: str) -> tuple[str, str]:
    """Registry and repository of a name, as Docker reads it; Docker's own registry is empty."""
    first, slash, rest = _plain(reference).partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, _bare(rest)
    return "", _bare(reference)


def _bare(path: str) -> str:
    """The repository without tag and digest."""
    return re.sub(r":[^/]*$", "", path.partition("@")[0])


def _repository(reference: str) -> str:
    host, path = _split(reference.lower())
    return f"{host}/{path}" if host else path


def _is_nearby(name: str) -> bool:
    """True for this machine and services beside it, and for addresses in an odd notation."""
    name = name.strip("[]").rstrip(".")
    if ("." not in name and ":" not in name) or name.endswith(".localhost"):
        return True
    address = _address(name)
    if address is None:
        return bool(re.fullmatch(r"[0-9a-fx.:]*", name))
    return address.is_loopback or address.is_unspecified or address.is_link_local


def _is_public(name: str) -> bool:
    address = _address(name.strip("[]"))
    return address is None or address.is_global


def _address(name: str):
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
