"""role: the role that will own a copy or starts its Odoo anew, and its bus database, made before."""

from . import common, copies


def job(context):
    """Return the job that makes the role; twice is as good as once."""
    order = {"role": copies.role(context), "database": copies.working_database(context)}
    order["bus"] = bool(copies.bus(context))
    secrets = (common.odoo_conf(context),)
    return copies.admin_job(context, "database", {**order, "role_only": True}, secrets=secrets)


def makes(context):
    """Return the database by which the environment's processes talk; a trial has none."""
    return copies.bus(context)
