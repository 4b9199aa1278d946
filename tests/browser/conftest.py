"""A real Odoo with sample data and a real browser, once for all tests of this folder."""

import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chromium import Chromium
from server import drop, install, is_there, log_in, platform_file, serving

DATABASE = os.environ.get("IPAI_BROWSER_DATABASE", "ipai_browser_test")
FRESH_SECONDS = 6 * 60
IS_KEPT = bool(os.environ.get("IPAI_BROWSER_KEEP"))  # for people who work on the screens


def pytest_collection_modifyitems(items):
    """Every test of this folder needs a real browser: deselect them with ``-m "not browser"``."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def odoo(tmp_path_factory):
    """An Odoo with sample data; its log is shown where a test fails."""
    folder = tmp_path_factory.mktemp("odoo")
    log, platform = folder / "odoo.log", platform_file(folder)
    if not (IS_KEPT and is_there(DATABASE)):
        drop(DATABASE)
        install(DATABASE, log, platform)
    with serving(DATABASE, log, platform) as server:
        yield server
    if not IS_KEPT:
        drop(DATABASE)


@pytest.fixture(scope="session")
def signed_in():
    """When admin last signed in: dangerous buttons ask again after ten minutes."""
    return {"at": 0}


@pytest.fixture(scope="session")
def browser(odoo, signed_in):
    """A browser in which admin is logged in."""
    with Chromium.launch() as chromium:
        log_in(chromium, odoo, "admin")
        signed_in["at"] = time.monotonic()
        yield chromium


@pytest.fixture
def viewers_page(odoo):
    """A page of somebody who may look at everything and change nothing."""
    with Chromium.launch() as chromium:
        log_in(chromium, odoo, "viewer")
        yield chromium.open()


@pytest.fixture
def page(browser, odoo, signed_in):
    """A desktop-sized page; a complaint in the console fails the test."""
    if time.monotonic() - signed_in["at"] > FRESH_SECONDS:
        log_in(browser, odoo, "admin")
        signed_in["at"] = time.monotonic()
    tab = browser.open()
    yield tab
    tab.evaluate("1")  # what the console said until now arrives before this answer
    errors = list(tab.errors)
    tab.close()
    assert not errors, f"the console complained: {errors}"
