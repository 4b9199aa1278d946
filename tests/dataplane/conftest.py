"""A small real company: Odoo's own database with a filestore, and what moves them."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[1] / "script"))

from company import Company  # noqa: E402
from world import World  # noqa: E402

from provision.settings import current_settings  # noqa: E402


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    world = World(current_settings(), tmp_path_factory.mktemp("world"))
    yield world
    world.close()


@pytest.fixture(scope="session")
def company(world):
    return Company(world)
