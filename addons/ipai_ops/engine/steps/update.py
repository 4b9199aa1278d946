"""update: modules are installed or updated inside the target's own image, beside its data."""

from .. import naming
from ..ports import Mount
from . import common

JOB_MEMORY_BYTES = 3 << 30  # or what the environment has, where that is more


def job(context):
    """Return the job that brings the database to the code; development also runs the tests."""
    environment, built = context.spec["environment"], common.built(context)
    platform = context.platform
    order = {
        "database": common.database(context),
        "mode": "auto",
        "modules": context.spec.get("modules"),
        "install": list(built.get("install", ())),
        "addons_digests": dict(built.get("addons_digests", {})),
        "demo": bool(environment.get("demo")),
        "test_tags": list(built.get("tests", ())) if environment.get("run_tests") else None,
        "base_url": context.spec.get("base_url"),
    }
    return common.toolbox_job(
        context,
        "update",
        order,
        image=built.get("image", ""),
        networks=(platform.network(environment["stage"]),),
        mounts=(
            Mount(naming.target_volume(platform.instance, environment["id"]), "/var/lib/odoo"),
        ),
        secrets=(common.odoo_conf(context), common.run_secret(context, "admin-password")),
        memory_bytes=max(JOB_MEMORY_BYTES, int(environment.get("memory_mb") or 0) << 20),
        is_foreign=True,
        user="0:0",  # the toolbox writes the spool; it starts Odoo itself as the image's odoo user
    )
