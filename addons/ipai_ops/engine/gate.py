"""The ways out of staging and development: what an Odoo is told of them, and they of it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import naming


@dataclass(frozen=True)
class Account:
    """An environment as the mail catcher and the proxy know it."""

    environment: int
    password: str
    hosts: tuple[tuple[str, int], ...] = ()


def policy(accounts: Iterable[Account], opened: Iterable[str] = ()) -> str:
    """Return what both are to enforce, as JSON; it holds a hash of each password.

    ``opened``: the private networks that an operator lets the proxy reach.
    """
    rows = [
        {
            "environment": account.environment,
            "login": naming.gate_login(account.environment),
            "password_sha256": hashlib.sha256(account.password.encode()).hexdigest(),
            "hosts": [list(host) for host in account.hosts],
        }
        for account in accounts
    ]
    return json.dumps({"accounts": rows, "open": list(opened)}, sort_keys=True)


def mail_options(catcher: Mapping, account: Account) -> dict[str, object]:
    """Return the options of odoo.conf by which all mail goes to the catcher."""
    return {
        "smtp_server": catcher["host"],
        "smtp_port": catcher["port"],
        "smtp_ssl": False,
        "smtp_user": naming.gate_login(account.environment),
        "smtp_password": account.password,
    }


def proxy_url(proxy: Mapping, account: Account) -> str:
    """Return the proxy's URL with the environment's login, which is a secret."""
    login = naming.gate_login(account.environment)
    return f"http://{login}:{account.password}@{proxy['host']}:{proxy['port']}"
