"""role: the role that will own a copy, made before the copy is."""

from . import common, copies


def job(context):
    """Return the job that makes the role; twice is as good as once."""
    order = {"role": copies.role(context), "database": copies.working_database(context)}
    secrets = (common.odoo_conf(context),)
    return copies.admin_job(context, "database", {**order, "role_only": True}, secrets=secrets)
