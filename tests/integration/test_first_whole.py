"""What script/server promises: a push, told by a signed webhook, is an Odoo that people log in to."""

import pytest
from chromium import Chromium
from parity import parity

DEMO = [["project_id.code", "=", "demo"]]


@pytest.fixture(scope="module")
def demo(suite):
    """Return the demo's production environment, which script/server has deployed."""
    fields = ("state", "url", "host", "commit", "image_id")
    [found] = suite.search("ops.environment", [*DEMO, ["stage", "=", "production"]], *fields)
    return found


@parity("1.1", "1.2")
def test_the_push_came_as_a_signed_webhook_and_became_a_run(suite, demo):
    deliveries = suite.search("ops.webhook.delivery", DEMO, "state", "run_id", "commit", "forge")
    accepted = [delivery for delivery in deliveries if delivery["state"] == "accepted"]
    assert accepted[-1]["forge"] == "gitea"
    run = suite.read("ops.run", accepted[-1]["run_id"][0], "state", "trigger", "commit")
    assert run["state"] == "done"
    assert run["trigger"] == "push"
    assert run["commit"] == demo["commit"]


@parity("8.1")
def test_the_addon_that_depends_on_an_oca_addon_is_installed(suite, demo):
    domain = [["environment_id", "=", demo["id"]], ["state", "=", "done"], ["kind", "=", "deploy"]]
    run = suite.search("ops.run", domain, "id", order="id")[0]["id"]
    assert suite.step(run, "update")["result"]["mode"] == "install"
    assert "partner_firstname" in suite.log(run, last=10_000)


def test_a_person_logs_in_to_the_deployed_odoo(suite, demo):
    shown = suite.call("ops.environment", "action_show_admin_password", [demo["id"]])
    with Chromium.launch() as browser:
        page = browser.open(f"{demo['url']}/web/login")
        page.type("input[name=login]", "admin")
        page.type("input[name=password]", shown["params"]["message"])
        page.click("button[type=submit]")
        page.wait_for(".o_main_navbar", deadline=90)


def test_a_person_logs_in_to_the_management_odoo_and_sees_the_board(suite, demo):
    url = f"http://ops.{suite.facts['domain']}:{suite.facts['public_port']}"
    with Chromium.launch() as browser:
        page = browser.open(f"{url}/web/login")
        page.type("input[name=login]", "admin")
        page.type("input[name=password]", suite.password)
        page.click("button[type=submit]")
        page.wait_for(".o_main_navbar", deadline=90)
        page.goto(f"{url}/odoo/action-ipai_ops.environment_action")
        page.wait_for(".o_kanban_record", deadline=60)
