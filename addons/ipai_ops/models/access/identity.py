"""Before what cannot be undone, whoever sits at the browser shows again who they are.

Dangerous buttons carry ``asks_again``; ``_check_may`` asks too, for whatever reaches it by another way.
"""

from odoo import api, models
from odoo.exceptions import RedirectWarning

from ...authentication import signed_in
from ...authentication.asks_again import asks_again


class Users(models.Model):
    _inherit = "res.users"

    @api.model
    def _action_sign_in_again(self):
        """Return the way to the login page for those whose password is kept elsewhere."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Sign in again"),
                "message": self.env._(
                    "This takes a sign-in of the last ten minutes. Log out, sign in, then repeat it."
                ),
            },
        }

    @asks_again
    def action_confirm_identity(self):
        """Ask who is there; do nothing else."""
        return {"type": "ir.actions.act_window_close"}

    def _check_confirmed(self):
        """Raise a warning that leads to the dialog, unless the person showed lately who they are."""
        if not signed_in.is_confirmed(self.env):
            raise RedirectWarning(
                self.env._("Show first that it is you; then do this once more."),
                self.env.ref("ipai_ops.confirm_identity_action").id,
                self.env._("It is me"),
            )
