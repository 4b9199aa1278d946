"""modules: what is installed, installable and outdated, read inside the target's own image."""

from odoo.addons.ipai_ops.engine.steps import copies


def job(context):
    """Return the job that lists the modules."""
    return copies.odoo_job(context, "modules", {})
