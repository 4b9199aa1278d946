"""The other ways in: a project's own Dockerfile, and a repository that cannot send webhooks."""

import pytest
from parity import parity

DOCKERFILE = """
    ARG BASE_IMAGE
    FROM ${BASE_IMAGE}
    USER root
    COPY crate_base /opt/ipai/addons/crate_base
    RUN echo "made by the project itself" > /opt/crate.txt
    USER odoo
"""


@pytest.fixture(scope="module")
def crate(suite, new_project):
    """A project with a Dockerfile of its own."""
    project = new_project("crate")
    repository = project.repository.addon("crate_base")
    repository.write("Dockerfile", DOCKERFILE)
    repository.write(".ipai.yml", "dockerfile: Dockerfile\n").push("Our own image")
    return project


def test_a_projects_own_dockerfile_is_built_and_serves(suite, crate, docker_world):
    run = suite.deploy(crate.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    environment = suite.environment(crate.id, stage="production")
    service = f"{suite.settings.instance}-env-{environment}"
    [container] = docker_world.containers_of(service)
    told = container.exec_run(["cat", "/opt/crate.txt"]).output.decode()
    assert told.strip() == "made by the project itself"
    assert suite.get(suite.host(environment)).status_code == 200


def test_a_broken_dockerfile_names_its_line(suite, crate):
    crate.repository.write("Dockerfile", DOCKERFILE.replace("RUN echo", "RUN no-such-program"))
    crate.repository.push("Broken")
    ended = suite.finished(suite.deploy(crate.code))
    assert ended["state"] == "failed"
    assert "no-such-program" in ended["cause"], ended


@parity("1.2")
def test_a_push_is_found_without_any_webhook(suite, new_project):
    project = new_project("polled", poll_minutes=1)
    project.repository.addon("polled_base")
    commit = project.repository.push("Nobody was told")
    pushed = [["project_id", "=", project.id], ["commit", "=", commit]]
    found = suite.until(
        lambda: suite.search("ops.run", pushed, "trigger"), 180, "The push was not found."
    )
    assert found[0]["trigger"] == "poll"
    assert suite.finished(found[0]["id"])["state"] == "done"
