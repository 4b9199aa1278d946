"""What the steps that copy data ask of a container, and what they never hand out."""

import json

import pytest
from ipai_ops.engine import naming, steps
from ipai_ops.engine.pipelines import plan_for
from ipai_ops.engine.plan import RunState, StepContext, StepState
from ipai_ops.engine.testing import PLATFORM, data_spec

IMAGE = "registry/acme@sha256:9"
KINDS = ("backup", "prove", "drill", "restore", "rollback", "forget", "export")


def contexts(kind, **changes):
    """Return {step name: its context} of a run of the kind."""
    spec = data_spec(kind, **changes)
    planned = plan_for(kind, spec).steps
    states = tuple(StepState(step.name, step.kind, when=step.when) for step in planned)
    run = RunState(34, kind, spec, states)
    return {state.name: StepContext(run, state, 1, PLATFORM) for state in states}


def jobs(kind, **changes):
    found = contexts(kind, **changes)
    wanted = ((name, context) for name, context in found.items())
    return {
        name: steps.job(context)
        for name, context in wanted
        if not steps.is_gate(context.step.kind) and not steps.is_release(context.step.kind)
    }


def order(job):
    return json.loads(job.environment["IPAI_SPEC"])


def volumes(job):
    return {mount.target: mount.source for mount in job.mounts}


@pytest.mark.parametrize("kind", KINDS)
def test_every_job_has_its_fence_and_only_its_order(kind):
    for name, job in jobs(kind).items():
        assert order(job)["fence"] == f"34-{name}-1"
        assert set(job.environment) - {"IPAI_SPOOL", "IPAI_RUN_AS"} == {"IPAI_SPEC"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_data_job_holds_the_docker_socket(kind):
    for job in jobs(kind).values():
        assert "/var/run/docker.sock" not in volumes(job)


@pytest.mark.parametrize("kind", KINDS)
def test_customer_code_never_meets_a_repository_a_server_or_the_snapshots(kind):
    for job in jobs(kind, is_foreign=True, is_to_be_masked=True).values():
        if job.image == IMAGE:
            files = {file.filename for file in job.secrets}
            assert not files & {"postgres-admin", "restic-password", "s3-credentials"}
            assert not set(volumes(job)) & {"/ipai/backups", "/ipai/snapshots", "/ipai/spool"}


def test_a_proof_happens_in_quarantine():
    for name, job in jobs("prove").items():
        assert volumes(job).get("/var/lib/odoo", "ipai-env-7-quarantine") == "ipai-env-7-quarantine"
        assert "ipai-production" not in job.networks, name


def test_a_proof_works_on_a_copy_of_its_own():
    found = jobs("prove")
    names = {order(job)["database"] for name, job in found.items() if "database" in order(job)}
    assert names == {"acme_main_7_q34"}
    assert order(found["park"])["snapshot_database"] == "acme_main_7_s34"
    assert order(found["restore"])["role"] == "ipai_quarantine_7"


def test_a_proof_without_a_snapshot_removes_its_copy_at_the_end():
    names = list(contexts("prove", makes_snapshot=False))
    assert names == ["role", "restore", "own", "boot", "discard"]


def test_a_restore_works_beside_the_live_database_until_the_swap():
    found = jobs("restore")
    for name in ("restore", "own", "boot", "update"):
        assert order(found[name])["database"] == "acme_main_7_i34"
    swap = order(found["swap"])
    assert (swap["database"], swap["incoming"], swap["aside"]) == (
        "acme_main_7",
        "acme_main_7_i34",
        "acme_main_7_a34",
    )


def test_going_back_undoes_the_swap():
    back = order(jobs("restore")["back"])
    assert (back["database"], back["incoming"], back["aside"]) == (
        "acme_main_7",
        "acme_main_7_a34",
        "acme_main_7_i34",
    )


def test_foreign_data_is_neutralised_and_productions_masked():
    names = list(contexts("restore", is_foreign=True, is_to_be_masked=True))
    assert names.index("boot") < names.index("neutralize") < names.index("mask")
    assert names.index("mask") < names.index("update") < names.index("swap")
    assert "mask" not in contexts("restore")


def test_a_rollback_swaps_the_restore_point_in_or_leaves_the_data():
    swap = order(jobs("rollback", point={"database": "acme_main_7_p12"})["swap"])
    assert swap["incoming"] == "acme_main_7_p12"
    assert list(contexts("rollback")) == ["role", "hold", "release", "resume", "smoke"]


def test_an_s3_repository_brings_credentials_as_files_and_no_volume():
    repository = {
        "id": 1,
        "facts": {"kind": "s3", "endpoint": "https://s3", "bucket": "b"},
        "secret_files": ["restic-password", "s3-credentials"],
    }
    job = jobs("backup", repository=repository)["backup"]
    assert "/ipai/backups" not in volumes(job)
    assert {"restic-password", "s3-credentials"} <= {file.filename for file in job.secrets}


def test_a_fresh_clone_is_updated_before_it_is_swapped_in():
    found = contexts(
        "deploy", snapshot={"id": 1, "database": "acme_main_7_s9", "environment_id": 3}
    )
    names = list(found)
    assert names.index("clone") < names.index("update") < names.index("swap")
    clone = order(steps.job(found["clone"]))
    assert (clone["source"], clone["database"]) == ("acme_main_7_s9", "acme_main_7_i34")
    assert clone["source_filestore"] == "/ipai/snapshots/acme_main_7_s9"
    assert (clone["source_role"], clone["role"]) == ("ipai_quarantine_3", "ipai_env_7")


def test_production_gets_a_restore_point_while_requests_wait():
    names = list(contexts("deploy"))
    assert names.index("hold") < names.index("point") < names.index("update")
    assert names[-1] == "back"


def test_a_first_deploy_needs_no_restore_point():
    first = {**data_spec("deploy")["environment"], "has_data": False}
    assert steps.is_needless(contexts("deploy", environment=first)["point"])
    assert not steps.is_needless(contexts("deploy")["point"])


def test_what_a_step_makes_is_named_before_it_is_made():
    made = steps.makes(contexts("restore")["restore"])
    assert [(thing.kind, thing.name) for thing in made] == [
        ("database", "acme_main_7_i34"),
        ("volume", "ipai-env-7-data"),
    ]
    assert made[0].files == "ipai-env-7-data/filestore/acme_main_7_i34"
    [parked] = steps.makes(contexts("prove")["park"])
    assert parked.files == "ipai-snapshots/acme_main_7_s34"


def test_collected_databases_go_with_their_files_on_their_own_volumes():
    server = data_spec("backup")["server"]
    drop = {
        "server": server,
        "databases": ["acme_main_7_p3"],
        "made_for": {"acme_main_7_p3": 7},
        "files": [["ipai-env-7-data", "filestore/acme_main_7_p3"]],
    }
    found = jobs("collect", garbage_databases=[drop])["drop-0"]
    roles = ["ipai_env_7", "ipai_quarantine_7"]
    assert order(found)["owners"] == {"acme_main_7_p3": roles}
    assert order(found)["folders"] == ["/ipai/volumes/ipai-env-7-data/filestore/acme_main_7_p3"]
    assert volumes(found)["/ipai/volumes/ipai-env-7-data"] == "ipai-env-7-data"


@pytest.mark.parametrize("volume", ["ipai-env-8-data", "ipai-postgres-production", "ipai-backups"])
def test_a_folder_goes_only_from_a_volume_of_the_environment_it_was_made_for(volume):
    drop = {"server": data_spec("backup")["server"], "databases": ["acme_main_7_p3"]}
    drop |= {"made_for": {"acme_main_7_p3": 7}, "files": [[volume, "filestore/acme_main_7_p3"]]}
    found = contexts("collect", garbage_databases=[drop])["drop-0"]
    with pytest.raises(ValueError, match="is not a place of"):
        steps.job(found)


def test_every_order_that_names_a_database_says_whose_it_is():
    """The toolbox refuses what is not owned by that role: a name in an order proves nothing."""
    snapshot = {"id": 1, "database": "acme_main_7_s9", "environment_id": 3}
    told = 0
    for kind in (*KINDS, "deploy", "destroy"):
        more = {"snapshot": snapshot} if kind == "deploy" else {"databases": ["acme_main_7"]}
        for job in jobs(kind, **more).values():
            if "postgres-admin" in {file.filename for file in job.secrets}:
                said, told = order(job), told + 1
                assert said.get("owners") or said["role"].startswith("ipai_"), said
    assert told > 15


def test_names_of_copies_fit_postgresql_and_tell_their_run():
    name = naming.copy_of("x" * 63, "p", 7890123)
    assert len(name) == 63
    assert name.endswith("_p7890123")


ARCHIVE = {"id": 4, "file": "acme.4f.zip", "name": "sh.zip", "max_bytes": 9}
MOMENT = {"time": "2026-01-31T09:58:07Z", "database": "acme_main_7", "environment_id": 7}


def elsewhere(stage="staging"):
    """Return the target of a restore: another environment than the one the data comes from."""
    environment = data_spec("restore")["environment"]
    return {**environment, "id": 8, "stage": stage, "database": "acme_stage_8"}


def test_an_archive_is_neutralised_and_masked_before_odoo_starts_on_it():
    given = {"archive": ARCHIVE, "environment": elsewhere()}
    names = list(contexts("restore", is_foreign=True, is_to_be_masked=True, **given))
    brought = ["role", "import_zip", "own", "neutralize", "mask", "update", "boot"]
    assert names == [*brought, "hold", "swap", "release", "resume", "smoke", "back", "discard"]


@pytest.mark.parametrize("given", [{}, {"archive": ARCHIVE}, {"moment": MOMENT}])
def test_real_data_that_was_not_made_safe_is_removed_when_the_run_breaks(given):
    discard = contexts("restore", is_foreign=True, **given)["discard"]
    assert discard.step.when == "failed"
    assert order(steps.job(discard))["databases"] == ["acme_main_7_i34"]
    assert "discard" not in contexts("restore", **given)


def test_an_archive_for_production_gets_an_identity_and_stays_as_it_is():
    found = contexts("restore", archive=ARCHIVE)
    assert "neutralize" not in found and "mask" not in found
    renew = order(steps.job(found["renew"]))
    assert renew["database"] == "acme_main_7_i34"
    assert renew["base_url"] == "http://acme-main.localhost"


def test_an_environment_without_a_build_is_built_first():
    assert next(iter(contexts("restore", archive=ARCHIVE, redeploy=None))) == "build"


def test_an_archive_comes_in_beside_the_live_database_from_a_folder_it_cannot_change():
    job = jobs("restore", archive=ARCHIVE)["import_zip"]
    [place] = [mount for mount in job.mounts if mount.target == "/ipai/imports"]
    assert (place.source, place.read_only) == ("ipai-imports", True)
    given = order(job)
    assert (given["name"], given["database"]) == ("acme.4f.zip", "acme_main_7_i34")
    assert given["max_bytes"] == 9


@pytest.mark.parametrize("given", [{"archive": ARCHIVE}, {"moment": MOMENT}])
def test_what_comes_in_is_written_down_before_and_customer_code_never_meets_its_source(given):
    found = contexts("restore", is_foreign=True, is_to_be_masked=True, **given)
    bring = found.get("import_zip") or found["recover"]
    assert [thing.kind for thing in steps.makes(bring)] == ["database", "volume"]
    for job in jobs("restore", is_foreign=True, is_to_be_masked=True, **given).values():
        if job.image == IMAGE:
            assert not set(volumes(job)) & {"/ipai/imports", "/ipai/wal", "/ipai/source"}
            assert "postgres-admin" not in {file.filename for file in job.secrets}


def test_a_moment_is_replayed_in_the_database_servers_own_image_onto_the_targets_server():
    job = jobs("restore", moment=MOMENT, environment=elsewhere())["recover"]
    given = order(job)
    assert job.image == "registry/postgres@sha256:3"
    assert (given["time"], given["source_database"]) == ("2026-01-31T09:58:07Z", "acme_main_7")
    assert given["database"] == "acme_stage_8_i34"
    assert volumes(job)["/var/lib/odoo"] == "ipai-env-8-data"
    [source] = [mount for mount in job.mounts if mount.target == "/ipai/source"]
    assert (source.source, source.read_only) == ("ipai-env-7-data", True)
    assert given["source_filestore"] == "/ipai/source/filestore/acme_main_7"


def test_a_base_backup_is_of_a_server_and_holds_no_password():
    base = {"kind": "full", "days": 7}
    found = jobs("base", base=base, environment=None, project=None)
    assert list(found) == ["base", "watch"]
    job = found["base"]
    assert volumes(job)["/var/lib/postgresql"] == "ipai-postgres-production"
    assert volumes(job)["/ipai/wal"] == "ipai-wal"
    assert job.secrets == ()
    assert {key: order(job)[key] for key in ("kind", "retention_days")} == {
        "kind": "full",
        "retention_days": 7,
    }
    assert order(found["watch"])["switch"] is True
