"""A project's backups lie in an object store: taken, proven and brought back by runs, as on a disk."""

import pytest
from object_store import KEYS, Store
from test_data import back_up


@pytest.fixture(scope="module")
def store(suite, tmp_path_factory):
    """An S3 server where the Git daemon is: jobs reach it there."""
    host = suite.facts["control_url"].split("/")[2].partition(":")[0]
    store = Store(host, tmp_path_factory.mktemp("store"))
    yield store
    store.close()


@pytest.fixture(scope="module")
def shop(suite, new_project, store):
    """A deployed project whose new backups go there: its code, its environment."""
    project = new_project("afar")
    place = {"project_id": project.id, "kind": "s3", "endpoint": store.url, "bucket": "backups"}
    keys = {f"new_s3_{name}": value for name, value in KEYS.items()}
    suite.call("ops.backup.repository", "create", {**place, "prefix": project.code, **keys})
    project.repository.addon("acme_afar").push("First")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return project.code, suite.environment(project.id, stage="production")


def test_a_backup_in_an_object_store_is_proven_and_comes_back(suite, shop, store, docker_world):
    code, production = shop
    database = suite.read("ops.environment", production, "database_name")["database_name"]
    docker_world.mark(database, "afar")
    backup = back_up(suite, production)
    assert backup["state"] == "proven", backup
    listed = store.client.list_objects_v2(Bucket="backups", Prefix=f"{code}/")["Contents"]
    assert any("/data/" in item["Key"] for item in listed)
    docker_world.mark(database, "later")
    run = suite.call("ops.backup", "restore_backup", backup["id"], production)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    database = suite.read("ops.environment", production, "database_name")["database_name"]
    assert docker_world.marks(database) == ["afar"]


def test_its_keys_are_in_no_log_and_no_order(suite, shop):
    runs = suite.search("ops.run", [["environment_id", "=", shop[1]]], "spec")
    assert not [run for run in runs if KEYS["secret_key"] in str(run["spec"])]
    domain = [["run_id", "in", [run["id"] for run in runs]]]
    said = suite.search("ops.run.event", domain, "message")
    assert said
    assert not [event for event in said if KEYS["secret_key"] in (event["message"] or "")]
