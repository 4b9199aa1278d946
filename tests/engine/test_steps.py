"""What each step asks of a container, and what it never hands out."""

import json
from dataclasses import replace

import pytest
from ipai_ops.engine import naming, steps
from ipai_ops.engine.pipelines import plan_for
from ipai_ops.engine.plan import RunState, StepContext, StepState
from ipai_ops.engine.steps import common
from ipai_ops.engine.testing import PLATFORM, deploy_spec

IMAGE = "registry/acme@sha256:9"
BUILT = {
    "ok": True,
    "image": IMAGE,
    "install": ["acme"],
    "addons_digests": {"acme": "1"},
    "tests": ["/acme"],
}


def context(step_name, spec=None, kind="deploy", attempt=1):
    """Return the context of a step of a run whose earlier steps are done."""
    spec = spec or deploy_spec()
    planned = plan_for(kind, spec).steps
    states = []
    for step in planned:
        is_before = [s.name for s in planned].index(step.name) < [s.name for s in planned].index(
            step_name
        )
        result = BUILT if step.name == "build" else {"ok": True}
        states.append(
            StepState(
                step.name,
                step.kind,
                state="done" if is_before else "running",
                result=result if is_before else None,
            )
        )
    run = RunState(34, kind, spec, tuple(states))
    step = next(s for s in states if s.name == step_name)
    return StepContext(run, step, attempt, PLATFORM)


def order(job):
    return json.loads(job.environment["IPAI_SPEC"])


def development(**environment):
    spec = deploy_spec()
    changed = {"stage": "development", "demo": True, "run_tests": True, **environment}
    return {**spec, "environment": {**spec["environment"], **changed}}


def held(context, drained_at):
    """Return the context as it is after requests were held."""
    hold = StepState("hold", "hold", state="done", result={"ok": True, "drained_at": drained_at})
    steps = tuple(hold if step.name == "hold" else step for step in context.run.steps)
    return replace(context, run=replace(context.run, steps=steps))


JOBS = ("build", "database", "update", "smoke")


def test_what_changes_data_waits_for_what_was_under_way_when_requests_were_held():
    after = context("update")
    assert "not_before" not in order(steps.job(after))
    assert order(steps.job(held(after, 1790000000.5)))["not_before"] == 1790000000.5


@pytest.mark.parametrize("name", JOBS)
def test_every_job_has_its_fence_name_and_labels(name):
    job = steps.job(context(name, attempt=2))
    assert job.name == f"ipai-run-34-{name}-2"
    assert order(job)["fence"] == f"34-{name}-2"
    assert job.labels["ipai.run"] == "34"
    assert job.labels["ipai.instance"] == "ipai"


@pytest.mark.parametrize("name", JOBS)
def test_a_jobs_environment_holds_its_order_and_nothing_else(name):
    allowed = {"IPAI_SPEC", "IPAI_SPOOL", "IPAI_RUN_AS"}
    assert set(steps.job(context(name)).environment) <= allowed


def test_only_the_builder_and_sweepers_hold_the_docker_socket():
    holders = [
        name
        for name in JOBS
        if any(m.source == "/var/run/docker.sock" for m in steps.job(context(name)).mounts)
    ]
    assert holders == ["build"]


def test_the_builder_gets_no_database_secret():
    names = {file.filename for file in steps.job(context("build")).secrets}
    assert names == {"docker-config.json"}


def test_a_private_repository_brings_its_credentials_as_a_file():
    spec = deploy_spec()
    private = {**spec, "project": {**spec["project"], "has_git_credentials": True}}
    files = {file.filename for file in steps.job(context("build", private)).secrets}
    assert "git-credentials" in files


def test_the_update_runs_the_built_image_in_the_stages_network():
    job = steps.job(context("update"))
    assert job.image == IMAGE
    assert job.networks == ("ipai-production",)


def test_a_development_update_brings_demo_data_and_tests():
    said = order(steps.job(context("update", development())))
    assert said["demo"] is True
    assert said["test_tags"] == ["/acme"]


def test_production_runs_no_tests():
    assert order(steps.job(context("update")))["test_tags"] is None


def test_development_gets_a_database_no_other_build_has():
    said = order(steps.job(context("database", development())))
    assert said["database"] == "ipai_odoo_7_r34"


def test_production_keeps_its_database():
    spec = deploy_spec()
    known = {**spec, "environment": {**spec["environment"], "database": "acme_main_7"}}
    assert order(steps.job(context("database", known)))["database"] == "acme_main_7"


def test_a_release_changes_with_its_image_and_only_then():
    first = steps.service(context("release"))
    again = steps.service(context("release", attempt=2))
    other = {**deploy_spec(), "redeploy": {**BUILT, "image": "registry/acme@sha256:8"}}
    assert first.fingerprint == again.fingerprint
    assert steps.service(context("release", other)).fingerprint != first.fingerprint


def test_a_redeploy_builds_nothing():
    names = [s.name for s in plan_for("deploy", {**deploy_spec(), "redeploy": BUILT}).steps]
    assert names == [
        *("database", "hold", "point", "update", "release", "resume", "smoke", "back"),
    ]


def test_a_projects_own_image_never_meets_the_lines_of_other_projects():
    job = steps.job(context("update"))
    assert [mount.target for mount in job.mounts] == ["/var/lib/odoo"]
    assert job.environment["IPAI_SPOOL"].startswith("/var/lib/odoo/")


def test_nobody_is_held_where_nothing_serves_yet():
    serving = deploy_spec()
    first = {**serving, "environment": {**serving["environment"], "is_serving": False}}
    assert steps.is_needless(context("hold", first))
    assert not steps.is_needless(context("hold", serving))
    assert not steps.is_needless(context("resume", serving))


def test_a_development_deploy_holds_nobody():
    names = [s.name for s in plan_for("deploy", development()).steps]
    assert "hold" not in names


def test_a_restart_releases_anew_on_the_data_that_is_there():
    spec = development(database="acme_main_7_r12")
    restart = context("release", {**spec, "redeploy": BUILT}, "restart")
    assert [s.name for s in plan_for("restart", spec).steps] == ["role", "release", "smoke"]
    assert common.database(restart) == "acme_main_7_r12"
    assert steps.service(restart).secrets[0].secret == "ipai-run-34-conf"


def test_a_destruction_starts_at_the_edge_and_ends_with_the_files():
    assert [s.name for s in plan_for("destroy", deploy_spec()).steps] == [
        "withdraw",
        "drop",
        "sweep",
    ]


def test_a_destruction_drops_every_database_it_was_told_and_the_role():
    spec = {**deploy_spec(), "databases": ["acme_main_7"]}
    said = order(steps.job(context("drop", spec, "destroy")))
    assert said["databases"] == ["acme_main_7"]
    assert said["role"] == "ipai_env_7"
    assert said["owners"] == {"acme_main_7": ["ipai_env_7", "ipai_quarantine_7"]}


@pytest.mark.parametrize(
    "volume", ["ipai-env-8-data", "ipai-postgres-production", "ipai-snapshots"]
)
def test_a_destruction_removes_no_volume_but_the_environments_own(volume):
    own = {**deploy_spec(), "volumes": ["ipai-env-7-quarantine"]}
    swept = order(steps.job(context("sweep", own, "destroy")))
    assert swept["volumes"] == ["ipai-env-7-data", "ipai-env-7-quarantine"]
    with pytest.raises(ValueError, match="is not a volume of an environment"):
        steps.job(context("sweep", {**own, "volumes": [volume]}, "destroy"))


@pytest.mark.parametrize("volume", ["ipai-postgres-production", "ipai-backups", "ipai-env-7-data2"])
def test_a_clean_up_never_removes_what_environments_share(volume):
    spec = {"volumes": [volume], "environment": None, "project": None}
    with pytest.raises(ValueError, match="is not a volume of an environment"):
        steps.job(context("sweep", spec, "collect"))


def test_destroying_what_never_had_a_server_skips_the_drop():
    assert steps.is_needless(context("drop", {**deploy_spec(), "server": None}, "destroy"))


def test_a_collection_drops_on_each_server_and_then_sweeps():
    server = deploy_spec()["server"]
    garbage = [{"server": server, "databases": ["a"]}, {"server": server, "databases": ["b"]}]
    spec = {"garbage_databases": garbage, "images": [IMAGE], "environment": None, "project": None}
    second = steps.job(context("drop-1", spec, "collect"))
    assert order(second)["databases"] == ["b"]
    assert order(steps.job(context("sweep", spec, "collect")))["images"] == [IMAGE]


@pytest.mark.parametrize("instance", ["ipai", "A-long-name-" * 9])
def test_names_that_all_on_a_server_may_read_fit_postgresql_and_name_no_customer(instance):
    names = (
        naming.fresh_database(instance, 123456, 7890123),
        naming.stable_database(instance, 123456),
        naming.role(instance, 123456),
        naming.quarantine_role(instance, 123456),
    )
    assert all(len(name) <= 63 and name == name.lower() for name in names)
    assert len(set(names)) == 4


def test_a_toolbox_of_another_release_has_another_name():
    newer = replace(PLATFORM, toolbox_digest="ffff")
    job = steps.job(replace(context("build"), platform=newer))
    assert job.configs[0].config == "ipai-toolbox-ffff"


@pytest.mark.parametrize("name", ["update", "release"])
def test_odoo_is_told_of_the_proxy_only_where_hosts_are_listed(name):
    def files(spec):
        step = context(name, spec)
        made = steps.service(step) if name == "release" else steps.job(step)
        return {file.filename: file for file in made.secrets}, made

    assert common.PROXY not in files(development())[0]
    found, made = files({**development(), "egress": True})
    assert found[common.PROXY].content_of == common.PROXY
    assert not any("proxy" in key.lower() for key in made.environment)


def test_a_caught_environment_has_its_own_mail_servers_switched_off():
    caught = {**development(), "catches_mail": True}
    assert order(steps.job(context("update", caught)))["catches_mail"] is True
    assert "catches_mail" not in order(steps.job(context("update", development())))
