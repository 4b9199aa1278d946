"""Logins of the registry that are made for the builds of one project and end by themselves."""

import base64
import hmac
import json
from collections.abc import Iterable

SECONDS = 12 * 3600  # longer than a build with all its attempts


def build_login(key: str, instance: str, code: str, end: int) -> tuple[str, str]:
    """Return user and password of one project's builds until ``end``, in seconds since 1970.

    ``images/registry/door.py`` knows the same signature; ``key`` is the platform's own password.
    """
    told = f"registry login\0{instance}/{code}\0{end}"
    return f"{code}.{end}", hmac.digest(key.encode(), told.encode(), "sha256").hex()


def docker_config(addresses: Iterable[str], user: str, password: str) -> str:
    """Return the text of a Docker client's configuration that knows the login."""
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    return json.dumps({"auths": {address: {"auth": auth} for address in addresses}})
