"""Who follows something hears of it only while they may see it."""

from odoo import models


class ConfidentialMixin(models.AbstractModel):
    """Stands before ``mail.thread`` in what a model inherits."""

    _name = "ops.confidential.mixin"
    _description = "News for those who may see it"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Drop the users who may not read the records now; others were chosen by whoever wrote."""
        found = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        users = self.env["res.users"]
        return [
            row
            for row in found
            if not row.get("uid") or self.with_user(users.browse(row["uid"])).has_access("read")
        ]
