"""sweep: volumes, images, secrets and configs that no environment needs any more."""

import re

from .. import naming, volumes
from ..plan import StepContext
from ..ports import JobSpec, SecretFile
from . import common


def job(context: StepContext) -> JobSpec:
    """Return the job that deletes them; what is gone already is fine."""
    platform = context.platform
    registry = platform.secrets.get("registry")
    order = {**_what(context), "registry_internal": platform.registry.get("internal", "")}
    return common.toolbox_job(
        context,
        "sweep",
        order,
        mounts=(common.docker_socket(),),
        secrets=(SecretFile(registry, "docker-config.json"),) if registry else (),
    )


def _what(context: StepContext) -> dict:
    if context.run.kind == "destroy":
        name = naming.target_volume(context.platform.instance, context.spec["environment"]["id"])
        names = [name, *_volumes(context, context.spec["environment"]["id"])]
        return {**_labelled(context, names), "secrets": list(context.spec.get("secrets", ()))}
    return {
        **_labelled(context, _volumes(context, None)),
        **{key: list(context.spec.get(key, ())) for key in ("images", "secrets")},
    }


def _labelled(context: StepContext, names: list[str]) -> dict:
    """Return the volumes, and the labels without which none of them is removed."""
    instance = context.platform.instance
    owners = {name: volumes.labels_by_name(instance, name) for name in names}
    return {"volumes": names, "volume_labels": owners}


def _volumes(context: StepContext, environment_id: int | None) -> list[str]:
    """Return the volumes to remove: an environment's own, in a clean-up those of any environment.

    What environments share, and the servers' data, is never removed, whatever an order names.
    """
    number = r"\d+" if environment_id is None else str(environment_id)
    own = re.compile(rf"{re.escape(context.platform.instance)}-env-{number}-(data|quarantine)")
    names = list(context.spec.get("volumes", ()))
    for name in names:
        if not own.fullmatch(name):
            raise ValueError(f"{name} is not a volume of an environment that may be removed")
    return names
