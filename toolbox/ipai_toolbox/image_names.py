"""Whose images a build may use: public ones, the platform's base, the project's own; nobody else's.

The engine keeps images of all projects under the registry's name and takes them from there without
asking the registry, so a name is judged before the engine sees it.
"""

import ipaddress
import re
from dataclasses import dataclass

from .outcome import Failure

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@\[\]-]*")
NEARBY = (".localhost", ".local", ".internal")
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
        """True for this machine and its neighbours under any name, and for the platform's images."""
        name, colon, port = host.rpartition(":") if re.search(r":\d+$", host) else (host, "", "")
        registry = _plain(self.registry)
        is_platforms = f"{host}/{path}".startswith(f"{registry}/{self.instance}/".lower())
        has_its_port = bool(colon) and registry.endswith(f":{port}")
        return is_platforms or has_its_port or host == _plain(self.internal) or _is_nearby(name)


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
    """True for what no registry on the internet is called: single words, private and odd addresses."""
    name = name.strip("[]").rstrip(".")
    if ("." not in name and ":" not in name) or name.endswith(NEARBY):
        return True
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return bool(re.fullmatch(r"[0-9a-fx.:]*", name))
