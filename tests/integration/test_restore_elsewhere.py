"""Production's backup somewhere else: in a development environment, harmless, and as a file at home."""

import io
import zipfile

import pytest
import requests
from parity import parity

SERVER = "production mail server"
STAT = "find /var/lib/odoo/filestore -type f -exec stat -c %h {} + | sort -u"


@pytest.fixture(scope="module")
def shop(suite, new_project, docker_world):
    """A deployed production with a mail server and a file, and its backup."""
    project = new_project("away", masking_policy='{"ipai_mark.said": "keep"}')
    project.repository.addon("away", ["mail"]).push("First")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    production = suite.environment(project.id, stage="production")
    database = suite.read("ops.environment", production, "database_name")["database_name"]
    docker_world.mark(database, "of production")
    statement = (
        "INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, active,"
        f" smtp_authentication, sequence) VALUES ('{SERVER}', 'smtp.example.com', 587, 'none',"
        " true, 'login', 1)"
    )
    docker_world.psql(database, statement, "production")
    backup = suite.call("ops.backup", "create_backup", project.code, "main")
    stored = ("stored", "proving", "proven")
    suite.until(
        lambda: suite.read("ops.backup", backup, "state")["state"] in stored,
        300,
        lambda: str(suite.read("ops.backup", backup)),
    )
    return project, production, backup


@pytest.fixture(scope="module")
def copy(suite, shop):
    """A development environment that production's backup was restored into."""
    project, _production, backup = shop
    values = {"project_id": project.id, "name": "copy", "stage": "development", "branch": "main"}
    environment = suite.call("ops.environment", "create", values)
    run = suite.call("ops.backup", "restore_backup", backup, environment)
    assert suite.finished(run, 600)["state"] == "done", suite.log(run)
    return environment, run


def database_of(suite, environment):
    return suite.read("ops.environment", environment, "database_name")["database_name"]


@parity("2.6", "B5")
def test_the_copy_has_the_data_neutralised_and_masked(suite, copy, docker_world):
    environment, run = copy
    assert docker_world.marks(database_of(suite, environment), "nonproduction") == ["of production"]
    for step in ("neutralize", "mask"):
        assert suite.step(run, step)["state"] == "done"
    assert suite.get(suite.host(environment)).status_code == 200


def test_no_mail_server_of_production_is_left_in_the_copy(suite, copy, docker_world):
    question = "SELECT count(*) FROM ir_mail_server WHERE active OR smtp_host = 'smtp.example.com'"
    database = database_of(suite, copy[0])
    assert docker_world.psql(database, question, "nonproduction").strip() == "0"


@parity("1.4", "B5")
def test_the_copys_mail_is_caught(suite, copy, docker_world, settings):
    environment, _run = copy
    [container] = docker_world.containers_of(f"{settings.instance}-env-{environment}")
    code = (
        "env['mail.mail'].create({'subject': 'From the copy', 'email_from': 'a@acme.test',"
        " 'email_to': 'b@acme.test', 'body_html': 'x'}).send(raise_exception=True)"
    )
    command = f"odoo shell -c /run/secrets/odoo.conf --no-http <<'END'\n{code}\nEND"
    done = container.exec_run(["sh", "-c", command])
    assert done.exit_code == 0, done.output.decode()[-2000:]
    domain = [["environment_id", "=", environment], ["subject", "=", "From the copy"]]
    suite.until(lambda: suite.search("ops.mail", domain, "id"), 20, done.output.decode()[-2000:])


def test_the_copy_shares_no_file_with_production(suite, copy, docker_world, settings):
    [container] = docker_world.containers_of(f"{settings.instance}-env-{copy[0]}")
    done = container.exec_run(["sh", "-c", STAT])
    assert done.output.decode().split() == ["1"]  # links of every file: nobody else holds it
    volumes = {mount["Name"] for mount in container.attrs["Mounts"] if mount["Type"] == "volume"}
    assert volumes == {f"{settings.instance}-env-{copy[0]}-data"}


def test_a_backup_is_downloaded_through_the_edge(suite, shop):
    _project, production, backup = shop
    suite.call("ops.backup", "action_download", [backup])
    domain = [["environment_id", "=", production], ["kind", "=", "export"]]
    run = suite.search("ops.run", domain, "id", limit=1)[0]["id"]
    assert suite.finished(run)["state"] == "done", suite.log(run)
    person = signed_in(suite)
    answer = person.get(edge(suite, f"/ipai/backup/{backup}/zip"), timeout=60)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {"dump.sql", "manifest.json"} <= set(archive.namelist())
        assert b"of production" in archive.read("dump.sql")


def test_a_stranger_downloads_nothing_through_the_edge(suite, shop):
    backup = shop[2]
    headers = {"Host": f"ops.{suite.facts['domain']}"}
    for path in (f"/ipai/backup/{backup}/zip", "/ipai-exports/", "/ipai/gate/policy"):
        options = {"headers": headers, "timeout": 20, "allow_redirects": False}
        answer = requests.get(edge(suite, path), **options)
        assert answer.status_code in (303, 404), path


def edge(suite, path):
    return f"http://127.0.0.1:{suite.facts['public_port']}{path}"


def signed_in(suite):
    """Sign in as the administrator through the edge, as a browser does."""
    person = requests.Session()
    person.headers["Host"] = f"ops.{suite.facts['domain']}"
    page = person.get(edge(suite, "/web/login"), timeout=20).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"login": "admin", "password": suite.password, "csrf_token": token}
    answer = person.post(edge(suite, "/web/login"), data=form, timeout=20, allow_redirects=False)
    assert answer.status_code == 303, answer.text[:500]
    return person
