"""sweep: volumes, images, secrets and configs that no environment needs any more."""

from .. import naming
from ..ports import SecretFile
from . import common


def job(context):
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


def _what(context):
    if context.run.kind == "destroy":
        name = naming.target_volume(context.platform.instance, context.spec["environment"]["id"])
        volumes = [name, *context.spec.get("volumes", ())]
        return {"volumes": volumes, "secrets": list(context.spec.get("secrets", ()))}
    return {key: list(context.spec.get(key, ())) for key in ("volumes", "images", "secrets")}
