"""What nobody uses any more is listed first and removed then; what serves is never touched."""

import requests
from parity import parity


@parity("2.5")
def test_the_clean_up_removes_what_it_listed_and_nothing_else(suite, new_project, docker_world):
    project = new_project("tidy")
    project.repository.addon("tidy_base").push("First", branch="feature/a")
    preview = suite.call(
        "ops.environment", "create", {"project_id": project.id, "name": "feature/a"}
    )
    first, second = (deployed(suite, project, preview) for _turn in range(2))
    assert first != second

    listed = suite.search("ops.artifact", garbage_of(preview), "kind", "name")
    assert first in {thing["name"] for thing in listed if thing["kind"] == "database"}
    assert first in docker_world.databases()

    action = suite.call("ops.artifact", "action_collect")
    assert suite.finished(action["res_id"])["state"] == "done", suite.log(action["res_id"])
    databases = docker_world.databases()
    assert first not in databases
    assert second in databases
    assert not suite.search("ops.artifact", garbage_of(preview), "name")
    assert suite.get(suite.host(preview)).status_code == 200


def test_an_image_nobody_needs_leaves_the_registry(suite, new_project, settings, docker_world):
    project = new_project("gone")
    project.repository.addon("gone_base").push("First", branch="feature/b")
    preview = suite.call(
        "ops.environment", "create", {"project_id": project.id, "name": "feature/b"}
    )
    deployed(suite, project, preview)
    [image] = suite.search(
        "ops.artifact", [["environment_id", "=", preview], ["kind", "=", "image"]], "uri"
    )
    assert manifest(suite, settings, image["uri"]).status_code == 200
    wizard = suite.call("ops.environment.destroy", "create", {"environment_id": preview})
    suite.call("ops.environment.destroy", "action_confirm", [wizard])
    [run] = suite.search("ops.run", [["environment_id", "=", preview], ["kind", "=", "destroy"]])
    assert suite.finished(run["id"])["state"] == "done", suite.log(run["id"])
    action = suite.call("ops.artifact", "action_collect")
    assert suite.finished(action["res_id"])["state"] == "done", suite.log(action["res_id"])
    assert manifest(suite, settings, image["uri"]).status_code == 404

    before = docker_world.blobs()
    docker_world.restart_registry()
    suite.until(lambda: docker_world.blobs() < before, 180, "Its layers stay on the disk.")
    others = suite.facts["images"]["odoo"]
    suite.until(lambda: manifest(suite, settings, others), 180, "The registry does not come back.")


def deployed(suite, project, environment):
    """Deploy the preview; return the name of its fresh database."""
    run = suite.deploy(project.code, environment)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return suite.read("ops.environment", environment, "database_name")["database_name"]


def garbage_of(environment):
    return [["environment_id", "=", environment], ["state", "=", "garbage"]]


def manifest(suite, settings, uri):
    """Ask the registry for an image by its digest; None while it does not answer."""
    address, _slash, rest = uri.partition("/")
    name, _at, digest = rest.partition("@")
    password = (settings.secrets / "registry-password").read_text(encoding="utf-8").strip()
    kinds = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
    try:
        return requests.head(
            f"http://{address}/v2/{name}/manifests/{digest}",
            auth=(suite.facts["registry"]["username"], password),
            headers={"Accept": kinds},
            timeout=20,
        )
    except requests.ConnectionError:
        return None
