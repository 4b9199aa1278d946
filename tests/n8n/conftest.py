"""A real Odoo with the bridge, and a real n8n beside it."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
sys.path.insert(0, str(Path(__file__).parent))

import ready_database
from listeners import MailServer, SlackHook
from n8n_process import N8n, install
from server import drop, free_port, is_there, platform_file, serving

DATABASE, FLOWS = "ipai_n8n_test", "ipai_flows_test"  # no name begins like the other: the filter
IS_KEPT = bool(os.environ.get("IPAI_BROWSER_KEEP"))  # for people who work on the addon


def postgres(*command):
    socket = Path(os.environ["IPAI_STATE"]) / "postgres"
    subprocess.run([command[0], "-h", socket, *command[1:]], timeout=60, check=True)


@pytest.fixture(scope="session")
def place():
    """Where n8n is installed; says so in one line where it cannot be."""
    folder, reason = install()
    if not folder:
        warnings.warn(f"The tests on a real n8n were left out: {reason}.", stacklevel=1)
        pytest.skip(f"no n8n: {reason}; with npm they run by “script/test tests/n8n”")
    return folder


@pytest.fixture(scope="session")
def n8n(place, tmp_path_factory):
    postgres("dropdb", "--force", "--if-exists", FLOWS)
    postgres("createdb", FLOWS)
    socket = Path(os.environ["IPAI_STATE"]) / "postgres"
    ports = free_port(), free_port()
    server = N8n(place, tmp_path_factory.mktemp("n8n"), FLOWS, socket, ports).start()
    server.key = server.make_key()
    yield server
    server.kill()
    postgres("dropdb", "--force", "--if-exists", FLOWS)


@pytest.fixture(scope="session")
def odoo(place, tmp_path_factory):
    folder = tmp_path_factory.mktemp("odoo")
    log, platform = folder / "odoo.log", platform_file(folder)
    if not (IS_KEPT and is_there(DATABASE)):
        ready_database.copy(DATABASE, *ready_database.with_below("ipai_n8n_bridge"))
    with serving(DATABASE, log, platform) as server:
        yield server
    if not IS_KEPT:
        drop(DATABASE)


@pytest.fixture(scope="session")
def slack():
    return SlackHook()


@pytest.fixture(scope="session")
def mail():
    return MailServer()
