"""Who follows something hears of it only while they may see it."""

from odoo import models


class Project(models.Model):
    _inherit = "ops.project"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        found = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        return _those_who_see(self, found)


class Environment(models.Model):
    _inherit = "ops.environment"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        found = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        return _those_who_see(self, found)


class Run(models.Model):
    _inherit = "ops.run"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        found = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        return _those_who_see(self, found)


def _those_who_see(records, recipients):
    """Drop the users who may not read ``records`` now; others were chosen by whoever wrote."""
    users = records.env["res.users"]
    return [
        row
        for row in recipients
        if not row.get("uid") or records.with_user(users.browse(row["uid"])).has_access("read")
    ]
