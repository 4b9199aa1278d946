"""Two customers on one server and one builder: neither meets anything of the other.

Both have an own Dockerfile and workers, so that what Odoo tells its processes goes through PostgreSQL.
"""

import json
import time
from dataclasses import dataclass

import pytest
import requests
import websocket
from docker.errors import APIError
from ipai_ops.engine import naming, registry_login

DOCKERFILE = """
    # syntax=docker/dockerfile:1
    ARG BASE_IMAGE
    FROM ${{BASE_IMAGE}} AS work
    USER root
    RUN --mount=type=cache,id=shared,target=/c echo "{name} found: $(cat /c/* 2>/dev/null)"; \\
        # what the next layer finds, and the other project must not
        echo left-behind-by-{name} > /c/{name}
    RUN --mount=type=cache,id=shared,target=/c echo "{name} kept: $(cat /c/*)"
    FROM work
    COPY {name} /opt/ipai/addons/{name}
    USER odoo
"""
CONTROLLER = """
    from odoo import http
    from odoo.http import request

    class Talk(http.Controller):
        @http.route("/talk/say/<word>", type="http", auth="public")
        def say(self, word):
            request.env["bus.bus"]._sendone("talk", "talk", {"word": word})
            return "said"

        @http.route("/talk/wake", type="http", auth="public")
        def wake(self):
            request.env.ref("%(name)s.cron").sudo()._trigger()
            return "woken"

        @http.route("/talk/woken", type="http", auth="public")
        def woken(self):
            return request.env["ir.config_parameter"].sudo().get_param("talk.woken") or "0"
"""
CRON = """
    <odoo>
        <record id="cron" model="ir.cron">
            <field name="name">Talk</field>
            <field name="model_id" ref="base.model_ir_config_parameter" />
            <field name="state">code</field>
            <field name="code">model.set_param("talk.woken", int(model.get_param("talk.woken") or 0) + 1)</field>
            <field name="interval_number">12</field>
            <field name="interval_type">months</field>
            <field name="nextcall">2099-01-01 00:00:00</field>
        </record>
    </odoo>
"""
MANIFEST = (
    '{{"name": "{0}", "version": "19.0.1.0.0", "depends": ["bus"], "license": "LGPL-3", '
    '"data": ["cron.xml"]}}\n'
)
REACH = """
import configparser, json, psycopg2, sys
parser = configparser.RawConfigParser()
parser.read("/run/secrets/odoo.conf")
given = parser["options"]
told = {}
for name in sys.argv[1:]:
    try:
        link = psycopg2.connect(host=given["db_host"], port=given["db_port"], user=given["db_user"],
                                password=given["db_password"], dbname=name)
        with link.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            told[name] = "open"
        link.close()
    except psycopg2.OperationalError as error:
        told[name] = str(error).strip().splitlines()[-1]
print(json.dumps(told))
"""


@dataclass
class Customer:
    """One project that is deployed, with what a test asks of it."""

    project: object
    run: int
    environment: int
    database: str
    image: str
    role: str


@pytest.fixture(scope="module")
def customers(suite, new_project):
    """Two projects with an own Dockerfile and two workers, deployed side by side."""
    projects = [_talking(new_project, name) for name in ("left", "right")]
    for project in projects:
        environment = suite.environment(project.id, stage="production")
        suite.call("ops.environment", "write", [environment], {"workers": 2})
    runs = [(project, suite.deploy(project.code)) for project in projects]
    return [_deployed(suite, project, run) for project, run in runs]


def _talking(new_project, name):
    project = new_project(name)
    repository = project.repository.write(f"{name}/__init__.py", "from . import talk\n")
    repository.write(f"{name}/__manifest__.py", MANIFEST.format(name))
    repository.write(f"{name}/talk.py", CONTROLLER % {"name": name}).write(f"{name}/cron.xml", CRON)
    repository.write("Dockerfile", DOCKERFILE.format(name=name))
    repository.write(".ipai.yml", "dockerfile: Dockerfile\n").push("We talk")
    return project


def _deployed(suite, project, run):
    ended = suite.finished(run)
    assert ended["state"] == "done", suite.log(run, last=200)
    environment = ended["environment_id"][0]
    database = suite.read("ops.environment", environment, "database_name")["database_name"]
    image = suite.step(run, "build")["result"]["image"]
    role = naming.role(suite.settings.instance, environment)
    return Customer(project, run, environment, database, image, role)


def in_container(suite, docker_world, customer, code, *words):
    """Run Python where the customer's own code runs; return its JSON."""
    service = naming.target(suite.settings.instance, customer.environment)
    [container] = docker_world.containers_of(service)
    done = container.exec_run(["python3", "-c", code, *words])
    assert done.exit_code == 0, done.output.decode()
    return json.loads(done.output)


def test_no_customer_connects_to_what_is_shared_or_the_others(suite, customers, docker_world):
    left, right = customers
    names = ["postgres", "template1", right.database, right.role, left.database, left.role]
    told = in_container(suite, docker_world, left, REACH, *names)
    assert [told[name] for name in (left.database, left.role)] == ["open", "open"]
    for name in ("postgres", "template1", right.database, right.role):
        assert "CONNECT privilege" in told[name], told


def listener(suite, customer):
    """Return a browser's websocket that hears the channel "talk" of the customer's Odoo."""
    host = f"{suite.host(customer.environment)}.{suite.facts['domain']}"
    port = suite.facts["public_port"]
    link = websocket.create_connection(
        f"ws://127.0.0.1:{port}/websocket?version=19.0-2",
        host=host,
        origin=f"http://{host}",
        timeout=20,
    )
    asked = {"event_name": "subscribe", "data": {"channels": ["talk"], "last": 0}}
    link.send(json.dumps(asked))
    return link


def heard(link, seconds):
    """Return the words that the websocket brings until the deadline or the first one."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            told = json.loads(link.recv())
        except websocket.WebSocketTimeoutException:
            break
        words = [one["message"]["payload"]["word"] for one in told]
        if words:
            return words
    return []


def test_a_message_of_one_worker_reaches_the_websocket_of_another_process(suite, customers):
    left, right = customers
    links = [listener(suite, customer) for customer in customers]
    assert suite.get(suite.host(left.environment), "/talk/say/hello").text == "said"
    assert heard(links[0], 45) == ["hello"]
    assert suite.get(suite.host(right.environment), "/talk/say/welcome").text == "said"
    assert heard(links[1], 45) == ["welcome"]
    for link in links:
        link.close()


@pytest.mark.parametrize("number", [0, 1])
def test_a_cron_that_is_triggered_runs_before_anybody_would_look_again(suite, customers, number):
    host = suite.host(customers[number].environment)
    before = int(suite.get(host, "/talk/woken").text)
    assert suite.get(host, "/talk/wake").text == "woken"
    suite.until(lambda: int(suite.get(host, "/talk/woken").text) > before, 45, "No cron woke up.")


def test_odoo_listens_in_the_environments_own_bus_database_alone(suite, customers, docker_world):
    server = f"{suite.settings.instance}-postgres-production"
    [container] = docker_world.containers_of(server)
    asked = "SELECT DISTINCT usename || ' ' || datname FROM pg_stat_activity WHERE usename <> 'postgres'"
    told = container.exec_run(["psql", "-AtX", "-c", asked]).output.decode().split("\n")
    for customer in customers:
        seen = {line.split()[1] for line in told if line.startswith(f"{customer.role} ")}
        assert customer.role in seen and seen <= {customer.role, customer.database}, told


def test_a_cache_with_the_same_id_holds_nothing_of_another_project(suite, customers):
    for customer, name in zip(customers, ("left", "right"), strict=True):
        log = suite.log(customer.run, last=10_000)
        assert f"{name} kept: left-behind-by-{name}" in log
        other = {"left": "right", "right": "left"}[name]
        assert f"left-behind-by-{other}" not in log
        assert "Mounted from" not in log


def test_no_build_takes_the_image_of_another_project(suite, customers):
    left, right = customers
    stolen = f"FROM {right.image} AS other\nFROM scratch\nCOPY --from=other / /x\n"
    left.project.repository.write("Dockerfile", stolen).push("Theirs")
    ended = suite.finished(suite.deploy(left.project.code))
    assert ended["state"] == "failed"
    assert "belongs to somebody else" in ended["cause"]


def test_no_base_image_is_of_another_project(suite, customers):
    left, right = customers
    suite.call("ops.project", "write", [left.project.id], {"base_image": right.image})
    ended = suite.finished(suite.deploy(left.project.code))
    suite.call("ops.project", "write", [left.project.id], {"base_image": False})
    assert ended["state"] == "failed"
    assert "belongs to somebody else" in ended["cause"]


@pytest.fixture
def registry(suite, customers):
    """Ask the registry as a build of the left project does: ``registry("GET", path)`` → answer."""
    password = (suite.settings.secrets / "registry-password").read_text().strip()
    code, end = customers[0].project.code, int(time.time()) + 600
    login = registry_login.build_login(password, suite.settings.instance, code, end)
    address = suite.facts["registry"]["address"]

    def ask(method, path, auth=login):
        return requests.request(method, f"http://{address}{path}", auth=auth, timeout=30)

    return ask


def _manifest(customer):
    repository, _, digest = customer.image.partition("/")[2].partition("@")
    return repository, f"/v2/{repository}/manifests/{digest}"


def test_the_registry_gives_a_build_its_own_images_and_no_others(suite, customers, registry):
    (own, own_manifest), (theirs, their_manifest) = map(_manifest, customers)
    found = registry("GET", own_manifest)
    assert found.status_code == 200
    layer = found.json()["layers"][-1]["digest"]
    their_layer = registry("GET", their_manifest)
    assert (their_layer.status_code, registry("GET", "/v2/_catalog").status_code) == (403, 403)
    assert registry("HEAD", f"/v2/{own}/blobs/{layer}").status_code == 200
    assert registry("HEAD", f"/v2/{theirs}/blobs/{layer}").status_code == 403
    assert registry("GET", own_manifest, auth=None).status_code == 401
    assert registry("DELETE", own_manifest).status_code == 403


def test_the_registry_mounts_no_layer_of_another_project(suite, customers, registry):
    (own, _), (theirs, their_manifest) = map(_manifest, customers)
    password = (suite.settings.secrets / "registry-password").read_text().strip()
    whole = registry("GET", their_manifest, auth=("ipai", password)).json()
    own_layers = {
        one["digest"] for one in registry("GET", _manifest(customers[0])[1]).json()["layers"]
    }
    secret = next(one["digest"] for one in whole["layers"] if one["digest"] not in own_layers)
    begun = registry("POST", f"/v2/{own}/blobs/uploads/?mount={secret}&from={theirs}")
    assert begun.status_code == 403
    assert registry("GET", f"/v2/{own}/blobs/{secret}").status_code == 404


def test_the_engine_pulls_nothing_with_a_builds_login(suite, customers, docker_world):
    """What the registry refuses, Docker cannot get either; the layers it has do not help."""
    password = (suite.settings.secrets / "registry-password").read_text().strip()
    code, end = customers[0].project.code, int(time.time()) + 600
    user, word = registry_login.build_login(password, suite.settings.instance, code, end)
    client = docker_world.client.api
    given = {"username": user, "password": word}
    with pytest.raises(APIError, match="denied"):
        client.pull(customers[1].image, auth_config=given)
    told = list(client.pull(customers[0].image, auth_config=given, stream=True, decode=True))
    assert not any("error" in line for line in told), told


def test_a_builds_login_is_a_secret_of_its_run_and_not_the_platforms(suite, customers):
    secrets = suite.search(
        "ops.artifact", [["run_id", "=", customers[0].run], ["kind", "=", "secret"]], "name"
    )
    assert any("docker-config" in secret["name"] for secret in secrets)
