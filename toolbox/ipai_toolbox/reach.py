"""Sends Git to servers elsewhere only: never to this machine, its neighbours or a program."""

import socket
from dataclasses import replace

from .git import Git, shown
from .outcome import Failure
from .repository_address import SSH_OPTIONS

HINT = (
    "Correct the address; a Git server of your own network is opened by an operator "
    "(the system parameter ipai_ops.open_networks)"
)


def towards(git: Git, url: str) -> Git:
    """The same Git, bound to the address it was let to. Raises Failure for an address that leads inside."""
    if "file" in git.environment["GIT_ALLOW_PROTOCOL"].split(":"):
        return git
    try:
        settings = git.reach.settings(url, _resolve)
    except ValueError as exc:
        raise Failure(f"The repository {shown(url)} cannot be used: {exc}", HINT) from exc
    ssh = f"{git.environment['GIT_SSH_COMMAND']} {settings.pop(SSH_OPTIONS, '')}".strip()
    more = {**_added(git.environment, settings), "GIT_SSH_COMMAND": ssh}
    return replace(git, environment={**git.environment, **more})


def _resolve(host, port):
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as exc:
        raise OSError(str(exc)) from exc
    return list(dict.fromkeys(address[0] for *_, address in found))


def _added(environment, settings):
    """More of Git's settings, after those that are there."""
    count = int(environment.get("GIT_CONFIG_COUNT", 0))
    more = {"GIT_CONFIG_COUNT": str(count + len(settings))}
    for number, (key, value) in enumerate(settings.items(), start=count):
        more |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return more
