"""Real git, real files, real processes; only the outside registries and servers are absent here."""

import json
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from toolbox_samples import Handler, RecordedEvents, Repo

from ipai_toolbox.places import Places


@pytest.fixture(autouse=True)
def git_over_files(monkeypatch, tmp_path):
    """The repositories of these tests are folders; production allows only network protocols."""
    monkeypatch.setenv("IPAI_GIT_PROTOCOLS", "file")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def places(tmp_path) -> Places:
    for name in ("secrets", "spool", "mirrors"):
        (tmp_path / name).mkdir()
    return Places(
        spool=tmp_path / "spool",
        secrets=tmp_path / "secrets",
        mirrors=tmp_path / "mirrors",
        ca_bundle=tmp_path / "no-ca-bundle.crt",
        odoo_addons=tmp_path / "image-addons",
    )


@pytest.fixture
def environ(places) -> dict:
    """The environment of a job whose places are in the test's folder."""
    return {
        "IPAI_SPOOL": str(places.spool),
        "IPAI_SECRETS": str(places.secrets),
        "IPAI_MIRRORS": str(places.mirrors),
        "IPAI_CA_BUNDLE": str(places.ca_bundle),
        "IPAI_ADDONS": str(places.odoo_addons),
        "IPAI_SPEC": json.dumps({"run": 7, "step": "build", "attempt": 1, "fence": "7-build-1"}),
    }


@pytest.fixture(autouse=True)
def no_patience(monkeypatch):
    """Servers that are away in a test stay away: nobody waits for them."""
    monkeypatch.setenv("IPAI_PATIENCE_SECONDS", "0")


@pytest.fixture
def events():
    return RecordedEvents()


@pytest.fixture
def make_repo(tmp_path):
    return lambda name="customer": Repo(tmp_path / "remotes" / name)


@pytest.fixture
def http_server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.table, server.requests = {}, []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    server.address = f"127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
