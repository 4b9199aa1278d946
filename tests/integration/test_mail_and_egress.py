"""Staging and development on real parts: their mail is caught, listed hosts are reached, others not."""

import uuid

import pytest
from parity import parity

ALLOWED, REFUSED, PORT = "allowed.example.test", "refused.example.test", 8000
INSIDE = "inside.example.test"  # leads to one of the platform's own networks
CONTROLLER = """
    import json
    import requests
    from odoo import http
    from odoo.http import request


    class World(http.Controller):
        @http.route("/world/send", type="http", auth="public")
        def send(self, subject):
            mail = request.env["mail.mail"].sudo().create({
                "subject": subject,
                "email_from": "shop@acme.test",
                "email_to": "ann@acme.test",
                "body_html": "<p>Dear Ann</p>",
            })
            mail.send(raise_exception=True)
            return mail.sudo().state if mail.exists() else "sent"

        @http.route("/world/fetch", type="http", auth="public")
        def fetch(self, url, direct=""):
            session = requests.Session()
            session.trust_env = not direct
            try:
                answer = session.get(url, timeout=5)
            except requests.RequestException as error:
                return json.dumps({"error": type(error).__name__})
            return json.dumps({"status": answer.status_code, "text": answer.text[:500]})
"""
FORGE = """
import smtplib
for login in (None, ("env-{other}", "guessed"), ("env-{own}", "guessed")):
    with smtplib.SMTP("{host}", 1025, timeout=10) as client:
        try:
            if login:
                client.login(*login)
            client.sendmail("a@acme.test", ["b@acme.test"], "Subject: forged")
            print("taken")
        except smtplib.SMTPException as error:
            print(error.smtp_code)
"""


@pytest.fixture(scope="module")
def outside(settings, docker_world):
    """A web server on the way-out network, under a listed and an unlisted name; its address."""
    client = docker_world.client
    image = docker_world.image_of(f"{settings.instance}-egress")
    container = client.containers.create(
        image,
        entrypoint=["python3", "-m", "http.server", str(PORT), "--directory", "/etc/ssl"],
        healthcheck={"test": ["NONE"]},
        name=f"{settings.instance}-outside-{uuid.uuid4().hex[:6]}",
        labels={"ipai.instance": settings.instance},
    )
    network = client.networks.get(f"{settings.instance}-egress")
    network.connect(container, aliases=[ALLOWED, REFUSED])
    client.networks.get(f"{settings.instance}-control").connect(container, aliases=[INSIDE])
    container.start()
    container.reload()
    yield container.attrs["NetworkSettings"]["Networks"][network.name]["IPAddress"]
    container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def world(suite, new_project, outside):
    """A deployed development environment with one listed host, and another environment beside it."""
    project = new_project("world")
    project.repository.addon("world", ["mail"]).write("world/__init__.py", "from . import main\n")
    project.repository.write("world/main.py", CONTROLLER).push("World")
    shared = {"project_id": project.id, "stage": "development", "branch": "main"}
    hosts = f"{ALLOWED}:{PORT}\n{INSIDE}:{PORT}"
    values = {**shared, "name": "sender", "allowed_hosts": hosts}
    sender = suite.call("ops.environment", "create", values)
    other = suite.call("ops.environment", "create", {**shared, "name": "other"})
    run = suite.deploy(project.code, sender)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return sender, other


def fetch(suite, environment, host, **options):
    params = {"url": f"http://{host}/", **options}
    answer = suite.get(suite.host(environment), "/world/fetch", params=params)
    assert answer.status_code == 200, answer.text[:1000]
    return answer.json()


def refusals(suite, environment):
    domain = [["environment_id", "=", environment]]
    rows = suite.search("ops.egress.refusal", domain, "host", "port", "reason")
    return {row["host"]: (row["port"], row["reason"]) for row in rows}


def mails(suite, environment):
    domain = [["environment_id", "=", environment]]
    return suite.search("ops.mail", domain, "subject", "sender", "envelope_to", "has_html")


def test_a_mail_is_caught_for_its_environment_and_for_no_other(suite, world):
    sender, other = world
    answer = suite.get(suite.host(sender), "/world/send", params={"subject": "Quotation S00042"})
    assert (answer.status_code, answer.text) == (200, "sent"), answer.text[:1000]
    [mail] = suite.until(lambda: mails(suite, sender), 20, "The mail never came.")
    assert mail["subject"] == "Quotation S00042"
    assert mail["envelope_to"] == "ann@acme.test"
    assert "shop@acme.test" in mail["sender"]
    assert mail["has_html"]
    assert mails(suite, other) == []


def test_nobody_sends_as_another_environment(suite, world, docker_world, settings):
    sender, other = world
    [container] = docker_world.containers_of(f"{settings.instance}-env-{sender}")
    code = FORGE.format(own=sender, other=other, host=f"{settings.instance}-mail")
    answer = container.exec_run(["python3", "-c", code])
    assert answer.output.decode().split() == ["530", "535", "535"]
    assert mails(suite, other) == []


def test_a_listed_host_is_reached(suite, world):
    found = fetch(suite, world[0], f"{ALLOWED}:{PORT}")
    assert found["status"] == 200, found


def test_a_host_that_is_not_listed_is_refused_and_told(suite, world):
    sender = world[0]
    assert fetch(suite, sender, f"{REFUSED}:{PORT}")["status"] == 403
    told = suite.until(
        lambda: REFUSED in (rows := refusals(suite, sender)) and rows, 20, "It was not told."
    )
    assert told[REFUSED] == (PORT, "not listed")


def test_no_list_opens_the_platform_itself(suite, world):
    sender = world[0]
    assert fetch(suite, sender, f"{INSIDE}:{PORT}")["status"] == 403
    told = suite.until(
        lambda: INSIDE in (rows := refusals(suite, sender)) and rows, 20, "It was not told."
    )
    assert told[INSIDE] == (PORT, "leads inside")


@parity("B5")
def test_there_is_no_way_around_the_proxy(suite, world, outside):
    assert "error" in fetch(suite, world[0], f"{outside}:{PORT}", direct="1")


def test_a_host_can_be_reached_as_soon_as_it_is_allowed(suite, world):
    sender = world[0]
    fetch(suite, sender, f"{REFUSED}:{PORT}")
    domain = [["environment_id", "=", sender], ["host", "=", REFUSED]]
    [row] = suite.until(
        lambda: suite.search("ops.egress.refusal", domain, "id"), 20, "It was not told."
    )
    suite.call("ops.egress.refusal", "action_allow", [row["id"]])
    assert suite.until(
        lambda: fetch(suite, sender, f"{REFUSED}:{PORT}")["status"] == 200,
        20,
        "The proxy still refuses it.",
    )


def test_the_proxys_password_is_not_in_the_services_description(suite, world, docker_world):
    name = f"{suite.settings.instance}-env-{world[0]}"
    [container] = docker_world.containers_of(name)
    variables = container.attrs["Config"]["Env"]
    assert not [one for one in variables if "proxy" in one.lower()]


def test_mail_waits_for_a_management_odoo_that_is_down(suite, world, docker_world):
    sender = world[0]
    host, params = suite.host(sender), {"subject": "Sent meanwhile"}
    with docker_world.management_down():
        answer = suite.get(host, "/world/send", params=params)
    assert answer.text == "sent"
    suite.until(
        lambda: "Sent meanwhile" in [mail["subject"] for mail in mails(suite, sender)],
        60,
        "The mail never came.",
    )
