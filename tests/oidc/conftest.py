"""A real Odoo, a certified provider and a hostile one, for all tests of this folder."""

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
sys.path.insert(0, str(Path(__file__).parent))

import ready_database
from hostile import HostileProvider
from idp_process import IdentityProvider
from person import Person
from server import drop, free_port, is_there, serving
from sso import Site, client

DATABASE = os.environ.get("IPAI_SSO_DATABASE", "ipai_sso_test")
IS_KEPT = bool(os.environ.get("IPAI_BROWSER_KEEP"))  # for people who work on the addon


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sso")


@pytest.fixture(scope="session")
def site(folder):
    """An Odoo with the addon and nothing else of ours."""
    assert shutil.which("node") and shutil.which("npm"), (
        "script/server tools installs Node.js and npm"
    )
    log, platform = folder / "odoo.log", folder / "platform.json"
    platform.write_text("{}")
    if not (IS_KEPT and is_there(DATABASE)):
        ready_database.copy(DATABASE, *ready_database.below("ipai_auth_oidc"), "ipai_auth_oidc,rpc")
    # Without Operations there is no edge: as behind any proxy, Odoo believes what it is told.
    with serving(DATABASE, log, platform, "--proxy-mode") as server:
        here = Site(server, DATABASE)
        here.call("ir.config_parameter", "set_param", "web.base.url", here.url)
        forget(here)
        yield here
    if not IS_KEPT:
        drop(DATABASE)


def forget(site):
    """Take away what earlier tests left in a database that was kept."""
    context = {"active_test": False}
    for model, domain in (
        ("res.users", [("oauth_uid", "!=", False)]),
        ("auth.oauth.provider", [("flow", "=", "oidc")]),
    ):
        site.call(model, "unlink", site.call(model, "search", domain, context=context))


@pytest.fixture(scope="session")
def idp(site, folder):
    """The certified provider, not started; ``site`` knows it as ``idp.provider``."""
    port = free_port()
    provider = site.new_provider(f"http://127.0.0.1:{port}")
    one = IdentityProvider(port, folder, [client(site, provider)])
    one.provider = provider
    one.start()
    site.allow(provider)
    yield one
    one.stop()


@pytest.fixture(scope="session")
def hostile(site):
    """A provider that lies in the way it is told to."""
    one = HostileProvider(free_port())
    with one:
        one.provider = site.new_provider(one.url)
        site.allow(one.provider)
        yield one


@pytest.fixture
def new_person(site):
    """Return a maker of people, each with a browser of their own."""
    return lambda **how: Person(site.url, **how)
