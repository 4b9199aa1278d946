"""Which addresses of Git repositories are taken: those of a server elsewhere, nothing to run or read here.

The toolbox has this file too, by a link.
"""

import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from .inner_addresses import NOTHING, Opened, is_inner, is_inner_host, opened

SCHEMES = ("https", "http", "ssh", "git")
SSH_OPTIONS = "ipai.sshOptions"  # no setting of Git's own: it is taken out and given to ssh
PORTS = {"https": 443, "http": 80, "ssh": 22, "git": 9418}
SHORT = re.compile(
    r"(?:(?P<user>[\w.+-]+)@)?(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\]):(?!/)(?P<path>\S+)"
)
ODD = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True)
class Place:
    """Where a repository is: what Git will speak there, and whom it will call."""

    scheme: str
    host: str
    port: int


def place(url: str) -> Place:
    """Return the Place. Raises ValueError with a sentence for what is no address of a server."""
    if not url or ODD.search(url):
        raise ValueError("it holds spaces or characters that no address has")
    if url.startswith("-"):
        raise ValueError("it begins like an option of a program")
    if "::" in url.partition("/")[0]:
        raise ValueError("it would start a program; write https://, ssh:// or git://")
    found = _web(url) if "://" in url else _short(url)
    if found.host.startswith("-"):
        raise ValueError("its host begins like an option of a program")
    return found


def _web(url: str) -> Place:
    parts = urlsplit(url)
    if parts.scheme.lower() not in SCHEMES:
        raise ValueError("it is none of a server; write https://, ssh:// or git://")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("its host or port cannot be read") from None
    if not host or (parts.username or "").startswith("-"):
        raise ValueError("it names no host")
    if len(parts.path.strip("/")) == 0:
        raise ValueError("it names no repository on its host")
    return Place(parts.scheme.lower(), host, port or PORTS[parts.scheme.lower()])


def _short(url: str) -> Place:
    found = SHORT.fullmatch(url)
    if not found or (found["user"] or "").startswith("-"):
        raise ValueError("it is a path of this machine; write https://, ssh:// or git@host:path")
    return Place("ssh", found["host"].strip("[]"), PORTS["ssh"])


def _ssh_pin(found: Place, address: str) -> dict[str, str]:
    """Return ssh's options: it calls this address, and knows the key by the host's name as ever."""
    alias = found.host if found.port == PORTS["ssh"] else f"[{found.host}]:{found.port}"
    options = (f"HostName={address}", f"HostKeyAlias={alias}")
    return {SSH_OPTIONS: " ".join(f"-o {shlex.quote(option)}" for option in options)}


@dataclass(frozen=True)
class Reach:
    """What a Git client of ours may call: the world, what an operator opened, what the platform serves.

    ``own`` are the beginnings of addresses that the platform itself serves.
    """

    opened: Opened = NOTHING
    own: tuple[str, ...] = ()

    def problem(self, url: str) -> str:
        """Return what is wrong with a repository's address as the end of a sentence, or an empty text."""
        try:
            found = place(url)
        except ValueError as exc:
            return str(exc)
        if self._is_own(url) or not is_inner_host(found.host, self.opened):
            return ""
        return f"{found.host} is inside this installation or its private network"

    def settings(self, url: str, resolve: Callable[[str, int], list[str]]) -> dict[str, str]:
        """Return the settings with which Git calls the address that was looked at, and no other.

        ``resolve(host, port)`` returns addresses or raises OSError; a name without any is left to Git,
        which explains it, or to its proxy; ssh, which asks no proxy, is kept from asking once more. The
        entry SSH_OPTIONS is for the ssh that Git starts. Raises ValueError with the end of a sentence.
        """
        if wrong := self.problem(url):
            raise ValueError(wrong)
        found = place(url)
        if self._is_own(url) or found.host.lower() in self.opened.names:
            return {}
        try:
            addresses = resolve(found.host, found.port)
        except OSError:
            return _ssh_pin(found, f"{found.host}.invalid") if found.scheme == "ssh" else {}
        if any(is_inner(address, self.opened) for address in addresses):
            raise ValueError(f"{found.host} leads inside this installation or its private network")
        if found.scheme == "ssh":
            return _ssh_pin(found, addresses[0])
        pinned = ",".join(f"[{one}]" if ":" in one else one for one in addresses)
        return {"http.curloptResolve": f"{found.host}:{found.port}:{pinned}"}

    def _is_own(self, url: str) -> bool:
        """A way up its folders does not count."""
        return ".." not in url and any(url.startswith(f"{one.rstrip('/')}/") for one in self.own)


WORLD = Reach()


def reach(words: Iterable[str] = (), own: Iterable[str] = ()) -> Reach:
    """Return the Reach of an operator's list and the platform's own beginnings."""
    return Reach(opened(words), tuple(own))
