"""Which environments there are, how they prove who they are, and which hosts each may reach."""

import asyncio
import hashlib
import hmac
import json
from contextlib import suppress
from dataclasses import dataclass

from inner_addresses import NOTHING, opened

PULL_SECONDS = 1
UNREADABLE = (ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class Account:
    """One environment; ``hosts`` are (name, port), a name of ``*.example.com`` covers all below."""

    environment: int
    password_sha256: str
    hosts: tuple = ()

    def may_reach(self, host, port):
        host = host.lower().rstrip(".")
        return any(port == known and _covers(name, host) for name, known in self.hosts)


def _covers(name, host):
    return host.endswith(name[1:]) and host != name[1:] if name.startswith("*.") else host == name


def read_accounts(body):
    """{login: Account}. Raises ValueError, KeyError or TypeError on what is no policy."""
    return {
        row["login"]: Account(
            int(row["environment"]),
            row["password_sha256"],
            tuple((name, int(port)) for name, port in row["hosts"]),
        )
        for row in json.loads(body)["accounts"]
    }


def read_opened(body):
    """What an operator opens of private networks. Raises ValueError or TypeError on what is none."""
    return opened(json.loads(body).get("open", ()))


class Policy:
    """The accounts in force: those of the last good answer, kept on the volume."""

    def __init__(self, path):
        self._path = path
        self._etag = ""
        self._accounts = {}
        self.opened = NOTHING
        if path.exists():
            with suppress(*UNREADABLE):  # a disk that lost it: the control plane is asked at once
                self._accounts = read_accounts(path.read_bytes())
                self.opened = read_opened(path.read_bytes())

    def account(self, login, password):
        """The account with this login and password, else None."""
        found = self._accounts.get(login)
        given = hashlib.sha256(password.encode()).hexdigest()
        known = found.password_sha256 if found else ""
        return found if hmac.compare_digest(given, known) else None

    def take(self, etag, body):
        """Put a new policy in force; a bad one raises and changes nothing."""
        accounts, opened_now = read_accounts(body), read_opened(body)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        partial.write_bytes(body)
        partial.rename(self._path)
        self._accounts, self._etag = accounts, etag
        self.opened = opened_now

    async def follow(self, control):
        """Ask for changes for ever; say so when the answer changes between good and bad."""
        trouble = ""
        while True:
            before, trouble = trouble, await self._pull(control)
            if trouble != before:
                print(trouble or "the control plane answers", flush=True)
            await asyncio.sleep(PULL_SECONDS)

    async def _pull(self, control):
        try:
            found = await asyncio.to_thread(control.policy, self._etag)
            if found:
                self.take(*found)
            return ""
        except OSError as error:
            return f"the control plane does not answer: {error}"
        except UNREADABLE as error:
            return f"the control plane's policy cannot be read: {type(error).__name__}: {error}"
