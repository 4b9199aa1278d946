"""Bad input ends a run with one sentence that says what happened, and one that says what to do."""

import shutil

import pytest

FAILING_TEST = """
from odoo.tests import TransactionCase


class TestShop(TransactionCase):
    def test_that_fails(self):
        self.assertEqual(1, 2)
"""


@pytest.fixture(scope="module")
def bad(suite, new_project):
    """A project to break, with one good commit."""
    project = new_project("bad")
    project.repository.addon("bad_base").push("First")
    return project


def failed(suite, project, environment="main"):
    """Deploy and return the failed run."""
    run = suite.deploy(project.code, environment)
    ended = suite.finished(run)
    assert ended["state"] == "failed", suite.log(run)
    assert ended["cause"].endswith((".", "?")), ended["cause"]
    assert ended["hint"].endswith("."), ended["hint"]
    assert ended["colour"] == "red"
    return ended


def test_an_unknown_branch(suite, bad):
    suite.call("ops.environment", "create", {"project_id": bad.id, "name": "nowhere"})
    assert "nowhere" in failed(suite, bad, "nowhere")["cause"]


def test_an_unreachable_repository(suite, new_project):
    project = new_project("gone")
    shutil.rmtree(project.repository.bare)
    assert "gone" in failed(suite, project)["cause"]


def test_a_broken_manifest(suite, bad):
    bad.repository.write("bad_base/__manifest__.py", "{'name': 'Bad',\n 'depends': [}\n").push()
    cause = failed(suite, bad)["cause"]
    assert "bad_base/__manifest__.py" in cause
    assert "line 2" in cause
    bad.repository.addon("bad_base").push("Good again")


def test_a_requirement_that_does_not_exist(suite, bad):
    bad.repository.write("requirements.txt", "odoo-addon-that-nobody-wrote==19.0.*\n").push()
    assert "odoo-addon-that-nobody-wrote" in failed(suite, bad)["cause"]
    bad.repository.write("requirements.txt", "").push("Good again")


def test_an_unknown_key_of_ipai_yml(suite, bad):
    bad.repository.write(".ipai.yml", "instal:\n  - bad_base\n").push()
    cause = failed(suite, bad)["cause"]
    assert ".ipai.yml" in cause
    assert "instal" in cause
    bad.repository.write(".ipai.yml", "install:\n  - bad_base\n").push("Good again")


def test_a_failing_test_turns_the_preview_red(suite, bad):
    bad.repository.write("bad_base/tests/__init__.py", "from . import test_shop\n")
    bad.repository.write("bad_base/tests/test_shop.py", FAILING_TEST).push("Red", branch="red")
    suite.call("ops.environment", "create", {"project_id": bad.id, "name": "red"})
    assert "test_that_fails" in failed(suite, bad, "red")["cause"]


def test_a_registry_that_is_down(suite, bad, docker_world):
    registry = f"{suite.settings.instance}-registry"
    bad.repository.git("checkout", "--quiet", "main")
    bad.repository.write("bad_base/data.txt", "another image").push("Another image")
    docker_world.scale(registry, 0)
    suite.until(lambda: not docker_world.containers_of(registry), 60, "The registry stops.")
    try:
        assert "registry" in failed(suite, bad)["cause"].lower()
    finally:
        docker_world.scale(registry, 1)
        suite.until(lambda: docker_world.containers_of(registry), 60, "The registry is back.")


def test_nothing_is_left_over_and_the_next_deploy_works(suite, bad, docker_world):
    bad.repository.write("bad_base/data.txt", "good again").push("Good again")
    run = suite.deploy(bad.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    suite.no_orphan_is_left(docker_world)
