"""An archive that Odoo made moves in, and production comes back as it was at a second, on real parts."""

import json
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from parity import parity

MODULES = """SELECT json_object_agg(name, latest_version) FROM ir_module_module
WHERE state = 'installed'"""
PARAMETER = "SELECT value FROM ir_config_parameter WHERE key = '{}'"


@pytest.fixture(scope="module")
def shop(suite, new_project):
    """A deployed production; its rows keep their words when it is masked."""
    project = new_project("time", masking_policy='{"ipai_mark.said": "keep"}')
    project.repository.addon("time_base").push("First")
    run = suite.deploy(project.code)
    assert suite.finished(run)["state"] == "done", suite.log(run)
    return project, suite.environment(project.id, stage="production")


def database_of(suite, environment):
    return suite.read("ops.environment", environment, "database_name")["database_name"]


def parameter(docker_world, database, key, server):
    return docker_world.psql(database, PARAMETER.format(key), server).strip()


def dump_as_odoo_does(docker_world, environment, database, path):
    """Write what Odoo's database manager writes, with the server's pg_dump: Odoo's image has an older one."""
    volume = f"{docker_world.settings.instance}-env-{environment}-data"
    folder = Path(docker_world.client.volumes.get(volume).attrs["Mountpoint"])
    filestore = folder / "filestore" / database
    modules = docker_world.psql(database, MODULES, "production").strip()
    manifest = {"odoo_dump": "1", "db_name": database, "major_version": "19.0"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (file for file in filestore.rglob("*") if file.is_file()):
            archive.write(file, Path("filestore", file.relative_to(filestore)))
        archive.writestr("manifest.json", json.dumps({**manifest, "modules": json.loads(modules)}))
        archive.writestr("dump.sql", docker_world.dump(database))


@parity("B10")
def test_an_archive_that_odoo_made_becomes_stagings_data(suite, shop, docker_world):
    project, production = shop
    live = database_of(suite, production)
    docker_world.mark(live, "moved")
    archive = Path(suite.facts["imports_folder"], f"{project.code}.by-odoo.zip")
    dump_as_odoo_does(docker_world, production, live, archive)
    values = {"project_id": project.id, "name": "moved", "stage": "staging", "branch": "main"}
    staging = suite.call("ops.environment", "create", values)
    run = suite.call("ops.archive", "import_archive", project.code, staging, "by-odoo.zip")
    assert suite.finished(run, 600)["state"] == "done", suite.log(run)
    database = database_of(suite, staging)
    assert docker_world.marks(database, "nonproduction") == ["moved"]
    assert suite.get(suite.host(staging)).status_code == 200
    neutral = parameter(docker_world, database, "database.is_neutralized", "nonproduction")
    assert neutral == "true"
    theirs = parameter(docker_world, live, "database.uuid", "production")
    assert parameter(docker_world, database, "database.uuid", "nonproduction") not in ("", theirs)


def test_production_takes_an_archive_and_gets_an_identity_of_its_own(suite, shop, docker_world):
    project, production = shop
    live = database_of(suite, production)
    before = parameter(docker_world, live, "database.uuid", "production")
    docker_world.mark(live, "only in what is put aside")
    given = (project.code, production, "by-odoo.zip", "main")
    run = suite.call("ops.archive", "import_archive", *given)
    assert suite.finished(run, 600)["state"] == "done", suite.log(run)
    assert docker_world.marks(live) == ["moved"]
    assert parameter(docker_world, live, "database.uuid", "production") not in ("", before)
    assert parameter(docker_world, live, "database.is_neutralized", "production") != "true"
    [aside] = suite.search("ops.restore.point", [["run_id", "=", run]], "kind", "state")
    assert (aside["kind"], aside["state"]) == ("aside", "present")
    assert suite.get(suite.host(production)).status_code == 200


def test_a_bad_archive_is_refused_in_a_sentence_and_production_serves_on(suite, shop, docker_world):
    project, production = shop
    live = database_of(suite, production)
    before = docker_world.marks(live)
    folder = Path(suite.facts["imports_folder"])
    whole = (folder / f"{project.code}.by-odoo.zip").read_bytes()
    (folder / f"{project.code}.cut.zip").write_bytes(whole[: len(whole) // 2])
    given = (project.code, production, "cut.zip", "main")
    run = suite.call("ops.archive", "import_archive", *given)
    ended = suite.finished(run)
    assert ended["state"] == "failed"
    assert ended["cause"] == "The archive is refused: it is not a whole zip file."
    assert docker_world.marks(live) == before
    assert suite.get(suite.host(production)).status_code == 200


def let_the_schedule_look(suite):
    [cron] = suite.search("ir.model.data", [["name", "=", "cron_archive"]], "res_id")
    suite.call("ir.cron", "method_direct_trigger", [cron["res_id"]])


def reach(suite, production):
    """Return the newest time that can be asked for, or False while there is none."""
    return suite.read("ops.environment", production, "archive_newest_at")["archive_newest_at"]


def fill_the_log(docker_world, database, segments=16):
    """Write enough of the log that its replay takes a while."""
    work = (
        "SELECT pg_logical_emit_message(true, 'ipai', repeat('x', 500000)); SELECT pg_switch_wal();"
    )
    docker_world.psql(database, work * segments, "production")


def kill_the_replay(suite, docker_world, run):
    """Kill the job of the first attempt while its PostgreSQL replays the log."""
    job = f"{suite.settings.instance}-run-{run}-recover-1"
    why = "The job was never seen to replay."
    suite.until(lambda: docker_world.is_at_work(job, "startup recovering"), 300, why)
    assert docker_world.kill_job(job), "the replay had ended before the blow"


@parity("B7")
def test_production_as_of_a_second_has_what_was_there_then_though_its_replay_is_killed(
    suite, shop, docker_world
):
    _project, production = shop
    live = database_of(suite, production)
    let_the_schedule_look(suite)
    suite.until(lambda: reach(suite, production), 240, "No base backup was taken.")
    fill_the_log(docker_world, live)
    docker_world.mark(live, "before")
    time.sleep(2)
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    time.sleep(2)
    docker_world.mark(live, "after")
    let_the_schedule_look(suite)
    suite.until(lambda: reach(suite, production) > moment, 120, "The archive does not follow.")
    values = {"source_id": production, "moment": moment, "target": "new"}
    wizard = suite.call("ops.moment.wizard", "create", values)
    run = suite.call("ops.moment.wizard", "action_confirm", [wizard])["res_id"]
    kill_the_replay(suite, docker_world, run)
    assert suite.finished(run, 600)["state"] == "done", suite.log(run)
    assert len(suite.step(run, "recover")["attempts"]) == 2
    place = suite.read("ops.run", run, "environment_id")["environment_id"][0]
    marks = docker_world.marks(database_of(suite, place), "nonproduction")
    assert marks[-1] == "before"
    assert docker_world.marks(live)[-1] == "after"
    assert suite.get(suite.host(place)).status_code == 200
