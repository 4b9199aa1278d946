"""release: the target's service runs the new image, start-first, behind a health gate."""

import hashlib
import json

from .. import naming
from ..plan import StepContext
from ..ports import ServiceSpec
from . import common, copies


def service(context: StepContext) -> ServiceSpec:
    """Return the service to reach; its fingerprint changes exactly when a new release must start."""
    environment, platform = context.spec["environment"], context.platform
    image = common.built(context).get("image", "")
    conf = common.odoo_conf(context)
    files = naming.target_volume(platform.instance, environment["id"])
    return ServiceSpec(
        name=naming.target(platform.instance, environment["id"]),
        image=image,
        command=(*common.PYTHON, "serve"),
        fingerprint=_fingerprint(image, conf.secret),
        labels={**common.labels(context), "ipai.host": environment["host"]},
        networks=(platform.network(environment["stage"]),),
        mounts=(common.own_volume(context, files, copies.FILES),),
        secrets=(conf, *common.delivered(context), *common.way_out(context)),
        configs=(common.toolbox(platform),),
        memory_bytes=int(environment.get("memory_mb") or 2048) << 20,
        cpus=float(environment.get("cpus") or 1.0),
        user=common.ODOO,
        working_dir=copies.FILES,
        health_command=(*common.PYTHON, "probe"),
    )


def _fingerprint(image: str, conf: str) -> str:
    return hashlib.sha256(json.dumps([image, conf]).encode()).hexdigest()[:16]
