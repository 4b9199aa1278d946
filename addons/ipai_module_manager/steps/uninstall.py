"""uninstall: modules and their data leave the target's database."""

from odoo.addons.ipai_ops.engine.steps import copies


def job(context):
    """Return the job that removes the modules, with Odoo's own command."""
    names = list(context.spec["module_change"]["names"])
    return copies.odoo_job(context, "uninstall", {"names": names})
