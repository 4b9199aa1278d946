"""A push becomes a running Odoo: on the real engine, registry, PostgreSQL and edge."""

import pytest
from parity import parity

OCA = "odoo-addon-partner-firstname==19.0.*\n"
BREAKS_WHEN_SERVED = """
import sys

if "--stop-after-init" not in sys.argv:
    raise SystemExit("The port of this Odoo never opens.")
"""
PARTNERS = "SELECT string_agg(name, ',') FROM res_partner"
A_TEST = """
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestShop(TransactionCase):
    def test_a_partner_can_be_made(self):
        self.assertTrue(self.env["res.partner"].create({"name": "Ada"}))
"""


@pytest.fixture(scope="module")
def shop(suite, new_project):
    """A deployed project: (project, its repository, production's environment id, first run)."""
    project = new_project("shop")
    repository = project.repository
    repository.addon("shop_base", ("base", "partner_firstname"))
    repository.write("requirements.txt", OCA).push("First")
    environment = suite.environment(project.id, stage="production")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return project, repository, environment, run


def test_the_target_answers_through_the_edge(suite, shop):
    page = suite.get(suite.host(shop[2]))
    assert page.status_code == 200
    assert 'name="login"' in page.text


def test_the_database_manager_is_closed(suite, shop):
    assert suite.get(suite.host(shop[2]), "/web/database/manager").status_code == 404


def test_an_unknown_host_gets_a_sentence(suite):
    answer = suite.get("nobody")
    assert answer.status_code == 404
    assert "<html" in answer.text.lower()


def test_the_service_runs_by_digest(shop, suite, docker_world):
    image = docker_world.image_of(f"{suite.settings.instance}-env-{shop[2]}")
    assert "@sha256:" in image


def test_no_secret_shows_in_what_docker_tells_of_the_service(shop, suite, docker_world):
    service = docker_world.client.services.get(f"{suite.settings.instance}-env-{shop[2]}")
    spec = service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert not spec.get("Env")
    assert "password" not in str(spec["Args" if "Args" in spec else "Command"]).lower()


def test_no_job_is_left_over(shop, docker_world, suite):
    suite.no_orphan_is_left(docker_world)


@parity("1.7", "1.8")
def test_the_log_tells_each_step_in_order(suite, shop):
    steps = suite.steps(shop[3])
    done = [step["name"] for step in steps if step["state"] == "done"]
    assert done == ["build", "database", "update", "release", "smoke"]
    rest = {step["name"]: step["state"] for step in steps if step["state"] != "done"}
    assert rest == dict.fromkeys(("hold", "point", "resume", "back"), "skipped")  # a first deploy
    assert "shop_base" in suite.log(shop[3], last=10_000)


def test_the_same_commit_is_found_and_not_built_again(suite, shop):
    first = suite.step(shop[3], "build")["result"]
    run = suite.deploy(shop[0].code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    again = suite.step(run, "build")["result"]
    assert again["found"] is True
    assert again["image"] == first["image"]
    assert suite.step(run, "update")["result"]["mode"] == "none"


def test_a_failed_release_leaves_the_old_one_serving_and_says_why(suite, shop, docker_world):
    _project, repository, environment, _run = shop
    service = f"{suite.settings.instance}-env-{environment}"
    suite.until(lambda: len(docker_world.containers_of(service)) == 1, 60, "One container serves.")
    before = docker_world.image_of(service)
    repository.write("shop_base/__init__.py", BREAKS_WHEN_SERVED).push("Break it")
    ended = suite.finished(suite.deploy(shop[0].code))
    assert ended["state"] == "failed"
    assert "did not become healthy" in ended["cause"]
    assert ended["hint"]
    suite.until(lambda: docker_world.image_of(service) == before, 30, "The old image is back.")
    assert suite.get(suite.host(environment)).status_code == 200
    repository.write("shop_base/__init__.py", "").push("Mend it")


@parity("1.1", "1.3", "2.5")
def test_a_pushed_branch_is_previewed_with_demo_data_and_tests_and_goes_when_the_branch_is_deleted(
    suite, shop, docker_world
):
    project, repository, _production, _run = shop
    secret = "a-secret-of-the-forge-and-the-project"
    suite.call("ops.project", "write", [project.id], {"new_webhook_secret": secret})
    repository.call_webhook(f"{suite.facts['control_url']}/ipai/hook/{project.code}", secret)
    repository.write("shop_base/tests/__init__.py", "from . import test_shop\n")
    repository.write("shop_base/tests/test_shop.py", A_TEST).push("Tests", branch="feature/pos")
    environment = suite.environment(project.id, name="feature/pos")
    run = _only_run(suite, environment, "deploy")
    ended = suite.finished(run)
    assert ended["state"] == "done", suite.log(run)
    assert suite.read("ops.run", run, "trigger")["trigger"] == "push"
    assert suite.step(run, "update")["result"]["tests"] == {"run": 1, "failed": 0}
    assert suite.get(suite.host(environment)).status_code == 200
    values = suite.read("ops.environment", environment, "database_name", "stage", "demo")
    assert (values["stage"], values["demo"]) == ("development", True)
    assert values["database_name"] in docker_world.databases()
    partners = docker_world.psql(values["database_name"], PARTNERS, "nonproduction")
    assert "Wood Corner" in partners, "demo data is there"
    repository.delete_branch("feature/pos")
    gone = _only_run(suite, environment, "destroy")
    assert suite.finished(gone)["state"] == "done", suite.log(gone)
    assert values["database_name"] not in docker_world.databases()
    service = f"{suite.settings.instance}-env-{environment}"
    assert not docker_world.services(service)
    assert not docker_world.volumes(service)


def _only_run(suite, environment, kind):
    domain = [["environment_id", "=", environment], ["kind", "=", kind]]
    [run] = suite.search("ops.run", domain, "id")
    return run["id"]
