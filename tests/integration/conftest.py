"""The running instance that script/test has set up, and customers' repositories to deploy on it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "script"), str(Path(__file__).parent)]

from docker_world import DockerWorld  # noqa: E402
from provision.settings import current_settings  # noqa: E402
from repository import Repository  # noqa: E402
from suite import Suite  # noqa: E402


@pytest.fixture(scope="session")
def settings():
    return current_settings()


@pytest.fixture(scope="session")
def suite(settings):
    return Suite(settings)


@pytest.fixture(scope="session")
def docker_world(settings):
    return DockerWorld(settings)


@pytest.fixture(scope="module")
def new_project(suite, tmp_path_factory):
    """Make a project with a repository of its own: ``new_project("acme")`` → (id, repository)."""

    def make(code, **values):
        control_host = suite.facts["control_url"].split("/")[2].partition(":")[0]
        url = f"git://{control_host}:{suite.settings.ports['git']}"
        repository = Repository(suite.repositories, tmp_path_factory.mktemp("clone"), code, url)
        return suite.project(code, repository.url, **values), repository

    return make
