"""What Docker is told of every kind of step: the hard box, in each of the shapes a run can have."""

import json
import re

from ipai_ops.adapters import swarm_spec
from ipai_ops.engine import console, naming, steps
from ipai_ops.engine.pipelines import plan_for
from ipai_ops.engine.plan import RunState, StepContext, StepState
from ipai_ops.engine.steps import common
from ipai_ops.engine.testing import PLATFORM, data_spec

TARGET = "registry/acme@sha256:9"
BUILT = {"ok": True, "image": TARGET}
SOCKET = "/var/run/docker.sock"
SERVER = {"name": "production", "host": "pg", "port": 5432, "admin_secret": "pg-password"}
GARBAGE = (
    {
        "server": SERVER,
        "databases": ["a"],
        "files": [[naming.target_volume(PLATFORM.instance, 7), "filestore/a"]],
        "made_for": {"a": 7},
    },
)
MOMENT = {"environment_id": 7, "database": "acme_main_7", "time": "2026-01-31T02:00:00Z"}
ARCHIVE = {"file": "theirs.zip"}
DATABASE = {"id": 1, "database": "acme_main_7_s9", "environment_id": 3}
STRANGE = {"is_foreign": True, "is_to_be_masked": True}
SHAPES = (
    *((kind, {}) for kind in ("deploy", "restart", "destroy", "backup", "prove", "drill")),
    *((kind, {}) for kind in ("restore", "rollback", "forget", "export")),
    ("watch", {"base": {"kind": "full", "days": 7}}),
    ("base", {"base": {"kind": "full", "days": 7}}),
    ("measure", {"measured": [{"id": 7, "project": 1, "database": "acme_main_7"}]}),
    ("stop", {}),
    ("deploy", {"redeploy": BUILT}),
    ("deploy", {"snapshot": DATABASE}),
    ("collect", {"garbage_databases": GARBAGE}),
    ("restore", {"archive": ARCHIVE}),
    ("restore", {"archive": ARCHIVE, **STRANGE}),
    ("restore", {"moment": MOMENT, **STRANGE}),
    ("shell", {"console": console.order("shell", "id", 5, True)}),
    ("database_shell", {"console": console.order("sql", "SELECT 1", 5, False)}),
)
STAGES = ("production", "staging", "development")
# Who keeps which of root's rights, and why. Nothing else may be added to a container.
FILES = {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"}
HAND_OVER = {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID"}
AS_POSTGRES = {*FILES, "CAP_SETUID", "CAP_SETGID", "CAP_KILL"}
LOOK = {"CAP_DAC_OVERRIDE"}  # at files of another user, in volumes that are read-only
MAY_KEEP = (set(), LOOK, FILES, HAND_OVER, AS_POSTGRES)


def containers():
    """Yield (kind of step, ContainerSpec) of every step of every shape of run in every stage."""
    for run_kind, changes in SHAPES:
        for stage in STAGES:
            spec = data_spec("deploy" if run_kind == "deploy" else run_kind, **changes)
            spec["environment"] = {**spec["environment"], "stage": stage, "cpus": 1.5}
            planned = plan_for(run_kind, spec).steps
            states = tuple(_state(step) for step in planned)
            run = RunState(34, run_kind, spec, states)
            for state in states:
                if not steps.is_gate(state.kind):
                    context = StepContext(run, state, 1, PLATFORM)
                    make = steps.service if steps.is_release(state.kind) else steps.job
                    yield state.kind, make(context)


def _state(step):
    if step.name == "build":
        return StepState(step.name, step.kind, state="done", result=BUILT)
    return StepState(step.name, step.kind, when=step.when)


def template_of(container, cpus=8.0):
    secrets = {file.secret: "id" for file in container.secrets}
    configs = {file.config: "id" for file in container.configs}
    restart, labels = swarm_spec.runs_once(), dict(container.labels)
    return swarm_spec.task_template(container, secrets, configs, restart, labels, cpus)


ALL = [(kind, container, template_of(container)) for kind, container in containers()]


def variables(template):
    return dict(pair.split("=", 1) for pair in template["ContainerSpec"]["Env"] or ())


def test_every_kind_of_step_that_runs_a_container_is_looked_at():
    gates = {kind for kind in steps.SHIPPED if steps.is_gate(kind)}
    assert {kind for kind, _container, _template in ALL} == set(steps.SHIPPED) - gates


def test_no_container_takes_its_check_user_folder_signal_or_entry_point_from_its_image():
    for kind, _container, template in ALL:
        spec = template["ContainerSpec"]
        assert spec["Command"]
        assert spec["User"] in ("0:0", "odoo")
        assert spec["Dir"] in ("/tmp", "/var/lib/odoo")
        assert spec["StopSignal"] == "SIGTERM"
        test = spec["Healthcheck"]["Test"]
        assert test[0] == ("CMD" if steps.is_release(kind) else "NONE")


def test_every_container_is_a_hard_box():
    for _kind, _container, template in ALL:
        spec, limits = template["ContainerSpec"], template["Resources"]["Limits"]
        assert spec["CapabilityDrop"] == ["ALL"]
        assert spec["Privileges"] == {"NoNewPrivileges": True}
        assert spec["Init"] is True
        assert 0 < limits["Pids"] <= 1024
        assert 0 < limits["NanoCPUs"] <= 8 * 10**9
        assert limits["MemoryBytes"] >= 256 << 20
        assert {limit["Name"] for limit in spec["Ulimits"]} == {"core", "nofile"}


def test_a_container_keeps_only_the_rights_that_its_kind_of_work_needs():
    for _kind, container, template in ALL:
        spec = template["ContainerSpec"]
        kept = set(spec.get("CapabilityAdd") or ())
        assert kept in MAY_KEEP
        if any(mount["Source"] == SOCKET for mount in spec["Mounts"]):
            assert kept == set(), "who holds the socket needs no right in its own container"
        if container.image == TARGET:
            assert kept in (set(), HAND_OVER)


def test_every_volume_is_made_with_labels_that_say_whose_it_is():
    """An environment's volume names the environment; one that all share names the instance alone."""
    seen = set()
    for kind, container, template in ALL:
        for mount in template["ContainerSpec"]["Mounts"]:
            if mount["Type"] != "volume":
                continue
            labels = mount["VolumeOptions"]["Labels"]
            assert labels["ipai.instance"] == PLATFORM.instance, kind
            if not mount["Source"]:  # a folder of one container's own
                assert labels.get("ipai.environment", "") == container.labels["ipai.environment"]
                continue
            named = re.fullmatch(r"ipai-env-(\d+)-\w+", mount["Source"])
            assert labels.get("ipai.environment") == (named and named[1]), (kind, mount)
            seen.add(bool(named))
    assert seen == {True, False}


def test_a_container_writes_only_to_its_own_folders_and_to_limited_memory():
    for kind, container, template in ALL:
        spec = template["ContainerSpec"]
        assert spec["ReadOnly"] is True, kind
        for mount in spec["Mounts"]:
            if mount["Type"] == "tmpfs":
                assert 0 < mount["TmpfsOptions"]["SizeBytes"] <= container.memory_bytes // 4


def test_what_a_projects_own_image_writes_for_a_while_is_in_memory():
    """A platform's own job has /tmp on the disk: what it brings there may be larger than its memory."""
    for kind, container, template in ALL:
        mounts = {mount["Target"]: mount for mount in template["ContainerSpec"]["Mounts"]}
        assert {mounts[place]["Type"] for place in ("/var/tmp", "/run")} == {"tmpfs"}, kind
        is_own = container.image == TARGET
        assert mounts["/tmp"]["Type"] == ("tmpfs" if is_own else "volume"), kind


def test_a_projects_own_image_runs_as_its_user_odoo_and_never_as_root():
    for kind, container, template in ALL:
        if container.image != TARGET:
            continue
        environment = variables(template)
        if steps.is_release(kind):
            assert template["ContainerSpec"]["User"] == "odoo"
            continue
        assert environment["IPAI_RUN_AS"] == "odoo"
        assert json.loads(environment["IPAI_SPEC"])["run"] == 34


def test_no_variable_of_an_image_steers_a_job():
    for kind, _container, template in ALL:
        environment = variables(template)
        if steps.is_release(kind):
            assert environment == {}
            continue
        for name in ("LD_PRELOAD", "LD_AUDIT", "PYTHONSTARTUP", "PYTHONHOME", "BASH_ENV"):
            assert environment[name] == ""
        assert template["ContainerSpec"]["Command"][:3] == ["python3", "-I", common.TOOLBOX]


def test_no_container_is_given_more_cpus_than_the_smallest_node_has():
    template = template_of(ALL[0][1], cpus=0.5)
    assert template["Resources"]["Limits"]["NanoCPUs"] == 500_000_000
