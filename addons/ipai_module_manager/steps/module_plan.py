"""module_plan: what an installation, update or removal would do, before anybody does it."""

from odoo.addons.ipai_ops.engine.steps import copies


def job(context):
    """Return the job that works it out; it changes nothing."""
    wanted = context.spec["module_change"]
    order = {"action": wanted["action"], "names": list(wanted["names"])}
    return copies.odoo_job(context, "module_plan", order)
