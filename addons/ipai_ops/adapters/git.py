"""Asks a Git repository for its branches, with a timeout and without ever asking a person."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..engine.repository_address import SSH_OPTIONS, WORLD, Reach

TIMEOUT_SECONDS = 20
SSH = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new"


@dataclass(frozen=True)
class Branches:
    """The answer: ``heads`` maps a branch to its commit, or ``error`` is a sentence."""

    heads: dict[str, str]
    error: str = ""


def branches(url: str, credentials: str | None = None, reach: Reach = WORLD) -> Branches:
    """Return the branches of the repository at ``url``, where ``reach`` lets us call it.

    ``credentials`` is an OpenSSH private key or ``user:token``; it travels by file only.
    """
    try:
        settings = reach.settings(url, resolve)
    except ValueError as error:
        return Branches({}, f"The repository's URL cannot be used: {error}.")
    with quiet_environment(credentials, settings) as environment:
        command = ["git", "ls-remote", "--heads", "--", url]
        try:
            answer = subprocess.run(
                command,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                env=environment,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Branches({}, f"The repository did not answer within {TIMEOUT_SECONDS} seconds.")
    if answer.returncode:
        return Branches({}, f"The repository cannot be read: {_last_line(answer.stderr)}")
    return Branches(_heads(answer.stdout))


def _heads(text: str) -> dict[str, str]:
    pairs = (line.split("\t") for line in text.splitlines())
    return {ref.removeprefix("refs/heads/"): commit for commit, ref in pairs}


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "Git gave no reason."


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@contextmanager
def quiet_environment(
    credentials: str | None, settings: Mapping[str, str] | None = None
) -> Iterator[dict[str, str]]:
    """Yield the environment of a Git command that can read, but never ask; it follows nobody elsewhere."""
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
    quiet["GIT_ALLOW_PROTOCOL"] = "https:http:ssh:git"  # never ext:: or a path of this server
    quiet["GIT_LFS_SKIP_SMUDGE"] = "1"  # a file of the repository would name the server to call
    own = {"http.followRedirects": "false", **(settings or {})}
    pin = own.pop(SSH_OPTIONS, "")
    with tempfile.TemporaryDirectory() as folder:
        login = _login(credentials, Path(folder))
        login["GIT_SSH_COMMAND"] = f"{login.get('GIT_SSH_COMMAND') or SSH} {pin}".strip()
        yield {**quiet, **_numbered(own), **login}


def _numbered(settings: Mapping[str, str]) -> dict[str, str]:
    """Return Git's settings as variables."""
    found = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def _login(credentials: str | None, folder: Path) -> dict[str, str]:
    if not credentials:
        return {}
    secret = folder / "secret"
    secret.touch(mode=0o600)
    if credentials.startswith("-----BEGIN"):
        secret.write_text(credentials.rstrip() + "\n", encoding="utf-8")
        return {"GIT_SSH_COMMAND": f"{SSH} -o IdentitiesOnly=yes -i {secret}"}
    secret.write_text(credentials, encoding="utf-8")
    askpass = folder / "askpass"
    askpass.write_text(ASKPASS.format(secret=secret), encoding="utf-8")
    askpass.chmod(0o700)
    return {"GIT_ASKPASS": str(askpass)}


ASKPASS = """#!/bin/sh
case "$1" in
  Username*) cut -d: -f1 "{secret}" ;;
  *) cut -d: -f2- "{secret}" ;;
esac
"""
