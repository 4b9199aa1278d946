"""Data is backed up, proven, cloned, restored and rolled back on real parts, whatever is killed."""

import pytest
from parity import parity

PROVEN = ("proven", "damaged", "failed")


@pytest.fixture(scope="module")
def shop(suite, new_project):
    """A deployed production with one row that tells its data from any other."""
    project = new_project("data", masking_policy='{"ipai_mark.said": "keep"}')
    project.repository.addon("data_base").push("First")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    environment = suite.environment(project.id, stage="production")
    return project, environment, run


@pytest.fixture(scope="module")
def proven(suite, shop, docker_world):
    """A proven backup that holds the mark “first”."""
    _project, environment, _run = shop
    docker_world.mark(database_of(suite, environment), "first")
    return back_up(suite, environment)


def back_up(suite, environment, seconds=900):
    """Take a backup, wait for its proof, return the backup."""
    project = suite.read("ops.environment", environment, "project_id")["project_id"][0]
    backup = suite.call("ops.backup", "create_backup", project, environment)

    def over():
        found = suite.read("ops.backup", backup, "state", "cause", "proof_run_id")
        return found if found["state"] in PROVEN and not under_way(suite, found) else None

    found = suite.until(over, seconds, lambda: str(suite.read("ops.backup", backup)))
    return {**found, "id": backup}


def under_way(suite, backup):
    """The proof says proven before the snapshot is parked: wait for its end."""
    run = backup["proof_run_id"]
    if not run:
        return False
    return suite.read("ops.run", run[0], "state")["state"] in ("queued", "running")


def database_of(suite, environment):
    return suite.read("ops.environment", environment, "database_name")["database_name"]


def newest_run(suite, environment, kind):
    domain = [["environment_id", "=", environment], ["kind", "=", kind]]
    return suite.search("ops.run", domain, "id", limit=1)[0]["id"]


@parity("2.1", "B2")
def test_a_backup_is_proven_by_a_restore_that_starts(suite, shop, proven):
    fields = ("state", "rto_seconds", "age_seconds", "added_bytes", "row_count")
    found = suite.read("ops.backup", proven["id"], *fields)
    assert found["state"] == "proven", suite.log(proven["proof_run_id"][0])
    assert found["rto_seconds"] > 0
    assert found["age_seconds"] > 0
    assert found["row_count"] > 1000


def test_a_second_backup_of_unchanged_data_adds_next_to_nothing(suite, shop, proven):
    first = suite.read("ops.backup", proven["id"], "added_bytes")["added_bytes"]
    second = back_up(suite, shop[1])
    found = suite.read("ops.backup", second["id"], "added_bytes", "state")
    assert found["state"] == "proven"
    assert found["added_bytes"] < first / 2  # in a database this small each changed page weighs


@parity("2.4", "2.6")
def test_the_proof_leaves_a_neutral_and_masked_snapshot(suite, shop, proven):
    domain = [["backup_id", "=", proven["id"]]]
    [snapshot] = suite.search("ops.snapshot", domain, "state", "leaks", "cause", "rows_masked")
    assert snapshot["state"] == "present", snapshot["cause"]
    assert snapshot["leaks"] == 0
    assert snapshot["rows_masked"] > 0


@parity("1.4", "2.4", "B4")
def test_staging_starts_from_a_fresh_clone(suite, shop, proven, docker_world):
    project, _production, _run = shop
    values = {"project_id": project.id, "name": "stage", "stage": "staging", "branch": "main"}
    staging = suite.call("ops.environment", "create", values)
    run = suite.deploy(project.code, staging)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    assert suite.step(run, "clone")["result"]["method"] in ("reflink", "copy")
    assert suite.get(suite.host(staging)).status_code == 200
    assert docker_world.marks(database_of(suite, staging), "nonproduction") == ["first"]


@parity("2.3")
def test_a_restore_into_production_brings_the_data_and_keeps_what_served(
    suite, shop, proven, docker_world
):
    _project, production, _run = shop
    live = database_of(suite, production)
    docker_world.mark(live, "second")
    run = suite.call("ops.backup", "restore_backup", proven["id"], production)
    assert suite.finished(run, 900)["state"] == "done", suite.log(run)
    assert docker_world.marks(live) == ["first"]
    [aside] = suite.search(
        "ops.restore.point", [["run_id", "=", run]], "kind", "database_name", "state"
    )
    assert (aside["kind"], aside["state"]) == ("aside", "present")
    assert suite.get(suite.host(production)).status_code == 200


@parity("2.3", "B1")
def test_a_restore_survives_the_death_of_its_job_and_of_the_management(
    suite, shop, proven, docker_world
):
    _project, production, _run = shop
    run = suite.call("ops.backup", "restore_backup", proven["id"], production)
    step = suite.until_step(run, "restore")
    suite.until(lambda: docker_world.kill_job(step["job_name"]), 60, "No container to kill.")
    suite.until_step_or_later(run, "own")
    docker_world.kill_management()
    assert suite.finished(run, 900)["state"] == "done", suite.log(run)
    assert suite.step(run, "restore")["attempt"] == 2
    assert docker_world.marks(database_of(suite, production)) == ["first"]
    assert suite.get(suite.host(production)).status_code == 200


@parity("1.6")
def test_a_successful_deploy_is_rolled_back_with_its_data(suite, shop, docker_world):
    project, production, first = shop
    live = database_of(suite, production)
    before = docker_world.marks(live)
    project.repository.addon("data_more", ["data_base"]).push("More")
    deploy = suite.deploy(project.code)
    assert suite.finished(deploy)["state"] == "done", suite.log(deploy)
    docker_world.mark(live, "after the deploy")
    run = suite.call("ops.run", "restore_deployment", first, True)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    assert docker_world.marks(live) == before
    assert suite.get(suite.host(production)).status_code == 200


@parity("1.5", "6.4")
def test_a_failed_update_goes_back_by_itself(suite, shop, docker_world):
    project, production, _run = shop
    live = database_of(suite, production)
    before = docker_world.marks(live)
    hook = "def hook(env):\n    env.cr.execute('DELETE FROM ipai_mark')\n    env.cr.commit()\n    1 / 0\n"
    repository = project.repository.addon("data_bad", ["data_base"])
    manifest = "{'name': 'Bad', 'version': '19.0.1.0.0', 'depends': ['data_base'], "
    manifest += "'license': 'LGPL-3', 'post_init_hook': 'hook'}\n"
    repository.write("data_bad/__manifest__.py", manifest).write("data_bad/__init__.py", hook)
    repository.push("Bad")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "failed"
    assert suite.step(run, "back")["state"] == "done", suite.log(run)
    assert docker_world.marks(live) == before
    assert suite.get(suite.host(production)).status_code == 200


def test_a_flipped_byte_turns_the_backup_red_and_raises_an_alert(suite, shop, docker_world):
    project, production, _run = shop
    backup = back_up(suite, production)
    docker_world.flip_a_byte_of_each_pack(project.code)
    suite.call("ops.backup", "action_prove", [backup["id"]])
    run = newest_run(suite, production, "prove")
    assert suite.finished(run, 900)["state"] == "failed"
    found = suite.read("ops.backup", backup["id"], "state", "cause")
    assert found["state"] == "damaged"
    assert found["cause"].endswith(".")
    domain = [["environment_id", "=", production], ["state", "=", "open"]]
    alerts = suite.search("ops.alert", domain, "key", "severity")
    assert {"key": "backup", "severity": "critical"}.items() <= alerts[0].items()
