"""A customer's secret reaches its running Odoo, and shows nowhere on its way."""

import base64
import json
from urllib.parse import quote

import pytest
from parity import parity

FILE, OPTION = "sk/live+4eC39HqLyjWDarjt=", "pk/test+TYooMQauvdEDq54N="
TELLS = """
import base64
from urllib.parse import quote

from odoo.tools import config

value = config.get("x_shop_token") or ""
print("as it is", value, flush=True)
print("base64", base64.b64encode(value.encode()).decode(), flush=True)
print("url", quote(value, safe=""), flush=True)
"""
TOLD = ("as it is", "base64", "url")


def shapes(value):
    """Return the texts by which a value would show itself."""
    return {value, quote(value, safe=""), base64.b64encode(value.encode()).decode().rstrip("=")}


@pytest.fixture(scope="module")
def told(suite, new_project):
    """A project whose Odoo prints its secret: (project's code, environment, first run, secret ids)."""
    project = new_project("told")
    environment = suite.environment(project.id, stage="production")
    ids = []
    for name, delivery, value in (
        ("stripe-key", "file", FILE),
        ("x_shop_token", "option", OPTION),
    ):
        values = {"project_id": project.id, "environment_id": environment, "name": name}
        values |= {"delivery": delivery, "new_value": value}
        ids.append(suite.call("ops.secret", "create", values))
    project.repository.addon("tells").write("tells/__init__.py", TELLS).push("Tells")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return project.code, environment, run, ids


@pytest.fixture
def target(suite, told, docker_world):
    """Return a function that gives the service's name and its newest running container."""
    name = f"{suite.settings.instance}-env-{told[1]}"

    def now():
        found = sorted(docker_world.containers_of(name), key=lambda one: one.attrs["Created"])
        return name, found[-1]

    return now


def inside(container, *command):
    answer = container.exec_run(list(command))
    assert answer.exit_code == 0, answer.output.decode()
    return answer.output.decode()


@parity("3.6")
def test_both_secrets_are_in_the_target(target):
    _name, container = target()
    assert inside(container, "cat", "/run/secrets/stripe-key") == FILE
    assert f"x_shop_token = {OPTION}" in inside(container, "cat", "/run/secrets/odoo.conf")


def test_docker_tells_neither(target, docker_world):
    name, container = target()
    service = docker_world.client.services.get(name).attrs
    secrets = [one.attrs for one in docker_world.client.secrets.list()]
    shown = json.dumps([container.attrs, service, secrets])
    assert "/run/secrets" in shown or "SecretName" in shown
    for value in (FILE, OPTION):
        assert not [shape for shape in shapes(value) if shape in shown]


def test_neither_is_in_the_environment_or_an_argument_of_a_process(target):
    _name, container = target()
    told = "env; cat /proc/[0-9]*/cmdline /proc/1/environ 2>/dev/null; true"  # some end meanwhile
    shown = inside(container, "sh", "-c", told)
    assert "odoo" in shown
    for value in (FILE, OPTION):
        assert not [shape for shape in shapes(value) if shape in shown]


@parity("3.6")
def test_what_the_target_prints_is_blank_in_the_log_and_the_order(suite, told):
    log = suite.log(told[2], last=100_000)
    for line in TOLD:
        assert f"{line} ••" in log, log
    order = json.dumps(suite.read("ops.run", told[2], "spec", "cause", "headline"))
    for shape in shapes(OPTION) | shapes(FILE):
        assert shape not in log
        assert shape not in order


def test_a_new_value_comes_with_the_next_restart_and_not_before(suite, told, target):
    _code, environment, _run, ids = told
    for secret, value in zip(ids, ("another-file-value", "another_option_value"), strict=True):
        suite.call("ops.secret", "write", [secret], {"new_value": value})
    assert inside(target()[1], "cat", "/run/secrets/stripe-key") == FILE
    run = suite.call("ops.environment", "action_restart", [environment])["res_id"]
    assert suite.finished(run)["state"] == "done", suite.log(run)
    container = target()[1]
    assert inside(container, "cat", "/run/secrets/stripe-key") == "another-file-value"
    assert "another_option_value" in inside(container, "cat", "/run/secrets/odoo.conf")
    assert "another_option_value" not in suite.log(run, last=100_000)
