"""Sign-ins a second: ``ipai_auth_oidc`` beside OCA's ``auth_oidc``, same machine, same provider, same run.

The other addon comes from the Python index into a folder of the cache. It is measured, never a dependency.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from urllib.parse import urljoin

import requests
from lxml import html

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "oidc"))

from chromium import until
from hostile import HostileProvider
from server import ODOO, QUIET, Server, drop, free_port, is_healthy

from .measure import Row

ROOT = Path(__file__).resolve().parents[1]
TURNS, WARM_UP = 100, 5
OTHER = ("odoo-addon-auth-oidc==19.0.*", "python-jose", "ecdsa", "rsa", "pyasn1")
INSTALL_SECONDS = 600


def rows():
    """Return one row: sign-ins a second of ours, theirs beside it, turn by turn under the same load."""
    with contextlib.ExitStack() as stack:
        provider = stack.enter_context(HostileProvider(free_port()))
        ours = stack.enter_context(_odoo("bench_sso_ours", "ipai_auth_oidc"))
        theirs = stack.enter_context(_odoo("bench_sso_theirs", "auth_oidc", _other_addon()))
        ready = [
            (ours, *_our_provider(ours, provider)),
            (theirs, *_their_provider(theirs, provider)),
        ]
        times = [[_sign_in(*one) for one in ready] for _turn in range(TURNS + WARM_UP)]
    mine, other = (median(column) for column in zip(*times[WARM_UP:], strict=True))
    return [
        Row(
            what="single sign-on: sign-ins a second, from the login page to the landing",
            figure=f"{1 / mine:.1f}/s ({mine * 1000:.0f} ms)",
            baseline=f"OCA auth_oidc: {1 / other:.1f}/s ({other * 1000:.0f} ms)",
            ratio=f"{other / mine:.2f}",
            target="",
        )
    ]


def _sign_in(server, number, user):
    """Sign in with a fresh browser. The login page counts: the other addon makes its question there."""
    browser = requests.Session()
    browser.trust_env = False
    begun = time.perf_counter()
    page = browser.get(f"{server.url}/web/login", timeout=60)
    links = html.fromstring(page.text).xpath("//div[contains(@class, 'list-group')]//a/@href")
    url = urljoin(server.url, next(one for one in links if _is_of(one, number)))
    for _step in range(4):
        answer = browser.get(url, timeout=60, allow_redirects=False)
        url = urljoin(url, answer.headers["Location"])
        if url.startswith(f"{server.url}/odoo") or url.rstrip("/") == f"{server.url}/web":
            break
    seconds = time.perf_counter() - begun
    call = {"jsonrpc": "2.0", "method": "call", "params": {}}
    said = browser.post(f"{server.url}/web/session/get_session_info", json=call, timeout=60).json()
    assert said["result"]["uid"] == user, said
    return seconds


def _is_of(link, number):
    return link.startswith(f"/auth_oidc/start/{number}") or f"%22p%22%3A+{number}%2C" in link


def _our_provider(server, provider):
    values = {"flow": "oidc", "issuer": provider.url, "client_secret": "s"}
    number = _provider(server, values)
    server.call("auth.oauth.provider", "action_discover", [number])
    return _ready(server, number)


def _their_provider(server, provider):
    values = {"flow": "id_token_code", "client_secret": "s", "token_map": "sub:user_id"}
    addresses = {"auth_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
    values |= {name: f"{provider.url}/{path}" for name, path in addresses.items()}
    return _ready(server, _provider(server, values))


def _provider(server, values):
    usual = {"name": "Bench", "body": "Bench", "client_id": "odoo", "scope": "openid profile email"}
    return server.call("auth.oauth.provider", "create", [usual | values])[0]


def _ready(server, number):
    """Allow the provider; return it and the user who signs in."""
    server.call("ir.config_parameter", "set_param", "web.base.url", server.url)
    server.call("auth.oauth.provider", "write", [number], {"enabled": True})
    person = {
        "name": "Mallory",
        "login": "mallory",
        "oauth_uid": "mallory",
        "oauth_provider_id": number,
    }
    return number, server.call("res.users", "create", [person])[0]


def _other_addon():
    """Return the folder with OCA's addon; fetch it with pip as this machine is set up to."""
    folder = Path(os.environ.get("IPAI_CACHE", "/var/cache/ipai")) / "bench-oca-auth-oidc"
    if not (folder / "odoo" / "addons" / "auth_oidc").exists():
        command = [
            "python3",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(folder),
        ]
        subprocess.run([*command, *OTHER], check=True, timeout=INSTALL_SECONDS)
    return folder


@contextlib.contextmanager
def _odoo(database, addon, folder=None):
    """Run an Odoo with one addon installed, on a database of its own, for as long as the block lasts."""
    drop(database)
    port, log = free_port(), Path(tempfile.gettempdir()) / f"{database}.log"
    environment, options = dict(os.environ), []
    if folder:
        environment["PYTHONPATH"] = f"{folder}:{environment.get('PYTHONPATH', '')}"
        options = ["--addons-path", f"{folder / 'odoo' / 'addons'},{ROOT / 'addons'}"]
    base = [ODOO, "-d", database, "--db-filter", database, *QUIET, *options]
    with log.open("wb") as output:
        common = {"env": environment, "stdout": output, "stderr": output}
        install = ["-i", f"{addon},rpc", "--no-http", "--stop-after-init"]
        subprocess.run([*base, *install], check=True, timeout=INSTALL_SECONDS, **common)
        serve = ["--http-interface", "127.0.0.1", "--http-port", str(port), "--workers", "0"]
        process = subprocess.Popen([*base, *serve, "--max-cron-threads", "0"], **common)
        try:
            until(lambda: is_healthy(port), deadline=120, what=f"Odoo ({log})")
            yield Server(f"http://127.0.0.1:{port}", database, log)
        finally:
            process.terminate()
            process.wait(30)
    drop(database)


if __name__ == "__main__":
    for row in rows():
        print(f"{row.what}: {row.figure} ({row.baseline}; ratio {row.ratio}, target {row.target})")
