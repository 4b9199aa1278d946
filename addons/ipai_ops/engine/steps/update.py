"""update: modules are installed or updated inside the target's own image, beside its data."""

from ..plan import StepContext
from ..ports import JobSpec
from . import common, copies
from .copies import Made


def job(context: StepContext) -> JobSpec:
    """Return the job that brings the database to the code; development also runs the tests."""
    environment, built = context.spec["environment"], common.built(context)
    is_tested = environment.get("run_tests") and context.run.kind == "deploy"
    order = {
        "mode": "auto",
        "modules": context.spec.get("modules"),
        "install": list(built.get("install", ())),
        "addons_digests": dict(built.get("addons_digests", {})),
        "demo": bool(environment.get("demo")),
        "test_tags": list(built.get("tests", ())) if is_tested else None,
        "base_url": context.spec.get("base_url"),
    }
    if context.spec.get("update_by"):
        order["update_by"] = context.spec["update_by"]
    if context.spec.get("catches_mail"):
        order["catches_mail"] = True
    password = common.run_secret(context, "admin-password")
    return copies.odoo_job(context, "update", order, (password, *common.way_out(context)))


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return the volume of the target's files."""
    return (Made("volume", copies.files(context).source),)
