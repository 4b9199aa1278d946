"""What every job container gets: its name, labels, toolbox, spool and fence."""

import json
from collections.abc import Mapping
from typing import Any

from .. import disk, naming, volumes
from ..plan import StepContext
from ..platform import Platform
from ..ports import ConfigFile, JobSpec, Mount, Scratch, SecretFile

TOOLBOX = "/ipai/toolbox.pyz"
OWN_SPOOL = "/var/lib/odoo/.ipai-spool"
CONF = "odoo.conf"
PROXY = "egress-proxy"
DOCKER_CONFIG = "docker-config.json"
DOCKER_SOCKET = "/var/run/docker.sock"
PYTHON = ("python3", "-I", TOOLBOX)  # -I: no variable and no folder of the image steers it
ROOT = "0:0"
ODOO = "odoo"  # the user of a target's image
FILES = ("CHOWN", "DAC_OVERRIDE", "FOWNER")  # files of Odoo's user: read, made, handed over
BECOME = ("SETUID", "SETGID")  # begins as root, goes on as another user
JOB_CPUS = 2.0
ON_DISK = Scratch("/tmp")  # a repository's cache, a replayed cluster: too large for memory


def toolbox_job(context: StepContext, verb: str, values: Mapping, **options: Any) -> JobSpec:
    """Return the JobSpec that runs a verb of the toolbox with ``values`` as its order.

    ``options`` are fields of JobSpec, and ``is_foreign``.

    ``is_foreign``: the image is a project's own. It must mount a volume of its environment at
    /var/lib/odoo, and keeps its spool there: the common one holds lines of other projects. It begins
    as root to hand that volume over, and does everything else as the image's user ``odoo``.
    """
    platform, run, step = context.platform, context.run, context.step
    is_foreign = options.pop("is_foreign", False)
    options.setdefault("image", platform.images.get("tools", ""))
    options.setdefault("networks", (platform.control_network,))
    options.setdefault("user", ROOT)  # the spool of all projects is root's, and nobody else's
    options.setdefault("cpus", JOB_CPUS)
    if not is_foreign:
        options.setdefault("scratch", (ON_DISK,))
    spool, variables = _spool(platform, is_foreign)
    return JobSpec(
        name=naming.job(platform.instance, run.id, step.name, context.attempt),
        command=(*PYTHON, verb),
        environment={"IPAI_SPEC": _order(context, values), **variables},
        labels=labels(context),
        mounts=(*spool, *options.pop("mounts", ())),
        configs=(toolbox(platform), *options.pop("configs", ())),
        **options,
    )


def _order(context: StepContext, values: Mapping) -> str:
    """Return what the job is told, as JSON."""
    run, step, attempt = context.run.id, context.step.name, context.attempt
    order = {
        "run": run,
        "step": step,
        "attempt": attempt,
        "fence": naming.fence(run, step, attempt),
        **values,
        **_secret_names(context),
        **_drain(context),
    }
    return json.dumps(order, sort_keys=True)


def _spool(platform: Platform, is_foreign: bool) -> tuple[tuple[Mount, ...], dict[str, str]]:
    """Return (mounts, variables) that give a job the folder where it keeps its lines."""
    if is_foreign:
        return (), {"IPAI_SPOOL": OWN_SPOOL, "IPAI_RUN_AS": ODOO}
    return (Mount(f"{platform.instance}-spool", "/ipai/spool"),), {}


def _drain(context: StepContext) -> dict:
    """Have the job wait, once its container runs, for what was under way when requests were held."""
    drained_at = context.results.get("hold", {}).get("drained_at")
    return {"not_before": drained_at} if drained_at else {}


def _secret_names(context: StepContext) -> dict[str, list[str]]:
    """Name the options of odoo.conf whose values the job blanks in what it says."""
    given = context.spec.get("delivered", ())
    names = [secret["name"] for secret in given if secret["delivery"] == "option"]
    return {"secret_options": names} if names else {}


def labels(context: StepContext) -> dict[str, str]:
    """Return the labels by which every container tells whose it is."""
    environment = context.spec.get("environment") or {}
    project = context.spec.get("project") or {}
    return {
        "ipai.instance": context.platform.instance,
        "ipai.project": str(project.get("id", "")),
        "ipai.environment": str(environment.get("id", "")),
        "ipai.run": str(context.run.id),
        "ipai.step": context.step.name,
        "ipai.attempt": str(context.attempt),
    }


def toolbox(platform: Platform) -> ConfigFile:
    """Return the toolbox of this release; its name changes with its content."""
    name = f"{platform.instance}-toolbox-{platform.toolbox_digest}"
    return ConfigFile(name, TOOLBOX, content_of="toolbox")


def ca_bundle(platform: Platform) -> tuple[ConfigFile, ...]:
    """Return the host's certificate bundle as a file, or nothing where the host has none."""
    name = platform.configs.get("ca_bundle")
    return (ConfigFile(name, "/ipai/ca-bundle.crt"),) if name else ()


def odoo_conf(context: StepContext) -> SecretFile:
    """Return the target's odoo.conf, which holds its database password, as a secret file."""
    name = naming.conf_secret(context.platform.instance, context.run.id)
    return SecretFile(name, CONF, content_of=CONF)


def way_out(context: StepContext) -> tuple[SecretFile, ...]:
    """Return the file that names the environment's proxy, where it has a list of hosts."""
    return (run_secret(context, PROXY),) if context.spec.get("egress") else ()


def run_secret(context: StepContext, filename: str) -> SecretFile:
    """Return a secret file whose content the driver renders for this run alone."""
    name = naming.run_secret(context.platform.instance, context.run.id, filename)
    return SecretFile(name, filename, content_of=filename)


def delivered(context: StepContext) -> tuple[SecretFile, ...]:
    """Return the files of the environment's own secrets, as the driver renders them by name."""
    platform, run = context.platform, context.run
    return tuple(
        SecretFile(
            naming.run_secret(platform.instance, run.id, f"secret-{secret['id']}"),
            secret["name"],
            content_of=f"secret-{secret['id']}",
        )
        for secret in context.spec.get("delivered", ())
        if secret["delivery"] == "file"
    )


def own_volume(context: StepContext, name: str, target: str) -> Mount:
    """Return a volume of the run's own environment, labelled as such.

    It is made so that it holds the most that the project allows, twice: once served, once brought in.
    """
    environment, project = context.spec["environment"], context.spec.get("project") or {}
    instance = context.platform.instance
    mount = volumes.owned(instance, environment["id"], project.get("id"), name, target)
    return volumes.limited(mount, 2 * (project.get("disk_gb") or 0) * disk.GIGABYTE)


def docker_socket() -> Mount:
    return Mount(DOCKER_SOCKET, DOCKER_SOCKET)


def database_admin(server: Mapping) -> SecretFile:
    return SecretFile(server["admin_secret"], "postgres-admin")


def address(server: Mapping) -> dict:
    return {"host": server["host"], "port": server["port"]}


def database(context: StepContext) -> str:
    """Return the environment's own database, or a fresh one per development build."""
    environment = context.spec["environment"]
    is_kept = environment["stage"] != "development" or context.run.kind != "deploy"
    if environment.get("database") and is_kept:
        return environment["database"]
    instance = context.platform.instance
    if environment["stage"] == "development":
        return naming.fresh_database(instance, environment["id"], context.run.id)
    return naming.stable_database(instance, environment["id"])


def built(context: StepContext) -> Mapping:
    """Return the facts of the image to run: built in this run, or by an earlier one."""
    return context.spec.get("redeploy") or context.results.get("build", {})
