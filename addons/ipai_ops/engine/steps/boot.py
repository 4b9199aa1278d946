"""boot: Odoo starts on the copy with crons and mail off, and answers its login page."""

from . import copies


def job(context):
    """Return the job that starts the target's own image on the copy, and stops it."""
    return copies.odoo_job(context, "boot", {})
