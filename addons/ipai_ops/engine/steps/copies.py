"""What the steps that copy data share: names of the copies, their places, the backups' repository."""

from collections.abc import Mapping
from dataclasses import dataclass

from .. import naming
from ..plan import StepContext
from ..ports import JobSpec, Mount, SecretFile
from . import common

FILES = "/var/lib/odoo"
SNAPSHOTS = "/ipai/snapshots"
BACKUPS = "/ipai/backups"
FILESTORE = f"{FILES}/filestore"
JOB_MEMORY_BYTES = 3 << 30  # or what the environment has, where that is more
WAL = "/ipai/wal"
OF_POSTGRES = (
    *common.FILES,
    *common.BECOME,
    "KILL",
)  # works and stops programs as PostgreSQL's user
BRINGING_DATA = ("restore", "clone", "import_zip", "recover")


@dataclass(frozen=True)
class Made:
    """Something a step is about to make; written down before, so that nothing is forgotten."""

    kind: str
    name: str
    files: str = ""


def on_trial(context: StepContext) -> bool:
    """Say whether the run works on a copy in quarantine."""
    return context.run.kind in ("prove", "drill")


def copy_name(context: StepContext, mark: str) -> str:
    """Return the name of the copy that this run makes; one per mark."""
    return naming.copy_of(common.database(context), mark, context.run.id)


def working_database(context: StepContext) -> str:
    """Return the database the run's steps work on: a new copy, until it is swapped in."""
    if on_trial(context):
        return copy_name(context, "q")
    if any(step.kind in BRINGING_DATA for step in context.run.steps):
        return copy_name(context, "i")
    return common.database(context)


def role(context: StepContext) -> str:
    """Return the role that owns what the run works on."""
    platform, environment = context.platform, context.spec["environment"]
    if on_trial(context):
        return naming.quarantine_role(platform.instance, environment["id"])
    return naming.role(platform.instance, environment["id"])


def bus(context: StepContext) -> tuple[Made, ...]:
    """Return the database by which the environment's Odoo talks to its own processes; a trial has none."""
    return () if on_trial(context) else (Made("bus", role(context)),)


def network(context: StepContext) -> str:
    """Return the network in which Odoo meets the run's data; none out of a quarantine."""
    stage = "staging" if on_trial(context) else context.spec["environment"]["stage"]
    return context.platform.network(stage)


def files(context: StepContext) -> Mount:
    """Return the volume with the files of the data the run works on."""
    instance, environment = context.platform.instance, context.spec["environment"]
    name = naming.quarantine_volume if on_trial(context) else naming.target_volume
    return common.own_volume(context, name(instance, environment["id"]), FILES)


def made(context: StepContext, database: str) -> Made:
    """Return a database beside the live one and, with its files' volume and folder, its place."""
    return Made("database", database, f"{files(context).source}/filestore/{database}")


def snapshots(context: StepContext, read_only: bool = False) -> Mount:
    return Mount(naming.snapshots_volume(context.platform.instance), SNAPSHOTS, read_only)


def filestore(database: str) -> str:
    return f"{FILESTORE}/{database}"


def repository(context: StepContext) -> dict:
    """Return what a job must know of the project's backups, without a secret."""
    return dict(context.spec["repository"]["facts"])


def repository_mounts(context: StepContext) -> tuple[Mount, ...]:
    """Return the volume with the backups where they are kept on this machine."""
    if repository(context)["kind"] != "local":
        return ()
    return (Mount(naming.backups_volume(context.platform.instance), BACKUPS),)


def repository_secrets(context: StepContext) -> tuple[SecretFile, ...]:
    """Return the repository's key and credentials as files."""
    names = context.spec["repository"].get("secret_files", ())
    return tuple(common.run_secret(context, name) for name in names)


def server(context: StepContext) -> tuple[dict, SecretFile]:
    """Return what a job needs to administer the run's database server."""
    facts = context.spec["server"]
    return common.address(facts), common.database_admin(facts)


def admin_job(
    context: StepContext,
    verb: str,
    order: Mapping,
    mounts: tuple[Mount, ...] = (),
    secrets: tuple[SecretFile, ...] = (),
) -> JobSpec:
    """Return a job of the tools image that administers the run's database server."""
    address, password = server(context)
    return common.toolbox_job(
        context,
        verb,
        {"server": address, **order},
        mounts=mounts,
        secrets=(password, *secrets),
        capabilities=common.FILES if mounts else (),
    )


def odoo_job(
    context: StepContext, verb: str, order: Mapping, secrets: tuple[SecretFile, ...] = ()
) -> JobSpec:
    """Return a job of the target's own image, beside the data the run works on."""
    environment = context.spec["environment"]
    return common.toolbox_job(
        context,
        verb,
        {"database": working_database(context), **order},
        image=common.built(context).get("image", ""),
        networks=(network(context),),
        mounts=(files(context),),
        secrets=(common.odoo_conf(context), *secrets),
        memory_bytes=max(JOB_MEMORY_BYTES, int(environment.get("memory_mb") or 0) << 20),
        cpus=max(1.0, float(environment.get("cpus") or 0)),
        is_foreign=True,
        capabilities=("CHOWN", "DAC_OVERRIDE", *common.BECOME),
    )
