"""The running instance that script/test has set up, and customers' repositories to deploy on it."""

import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "script"), str(ROOT / "tests" / "browser"), str(Path(__file__).parent)]

from docker_world import DockerWorld  # noqa: E402
from repository import Repository  # noqa: E402
from suite import Suite  # noqa: E402

from provision.settings import current_settings  # noqa: E402


@dataclass(frozen=True)
class Project:
    """A project of the suite with the repository behind it."""

    id: int
    code: str
    repository: Repository


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
    """Make a project with a repository of its own: ``new_project("acme")`` → Project."""

    def make(name, **values):
        code = f"{name}{uuid.uuid4().hex[:4]}"  # the instance keeps projects of earlier sessions
        control_host = suite.facts["control_url"].split("/")[2].partition(":")[0]
        url = f"git://{control_host}:{suite.settings.ports['git']}"
        repository = Repository(suite.repositories, tmp_path_factory.mktemp("clone"), code, url)
        return Project(suite.project(code, repository.url, **values), code, repository)

    return make
