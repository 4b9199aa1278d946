"""Before what cannot be undone, whoever sits at the browser shows again who they are.

Dangerous buttons carry ``asks_again``; ``_check_may`` asks too, for whatever reaches it by another way.
"""

from odoo import api, models
from odoo.exceptions import RedirectWarning
from odoo.http import request

from ...authentication import signed_in
from ...authentication.asks_again import asks_again
from ..audit.hooks import refusals_kept

ANYWHERE = ("destroy", "rollback", "download", "secrets", "shell", "database_shell")
ON_PRODUCTION = ("restore",)


class Users(models.Model):
    _inherit = "res.users"

    def _login(self, credential, user_agent_env):
        info = super()._login(credential, user_agent_env)
        if request and (user_agent_env or {}).get("interactive"):
            signed_in.keep(info["uid"], info.get("auth_method"), info.get("shown_at"))
        return info

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


class Run(models.Model):
    _inherit = "ops.run"

    def _check_may_decide(self, decision):
        """To pass every policy is dangerous: it is asked again who does it."""
        super()._check_may_decide(decision)
        if decision == "overridden" and not self.env.su:
            self.env.user._check_confirmed()


class Project(models.Model):
    _inherit = "ops.project"

    def _check_may(self, permission, stage=None):
        super()._check_may(permission, stage)
        if permission in ANYWHERE and not self.env.su:
            self.env.user._check_confirmed()


class Environment(models.Model):
    _inherit = "ops.environment"

    def _check_may(self, permission):
        super()._check_may(permission)
        with refusals_kept(self, permission):
            self._check_session_age(permission)
        is_production = "production" in self.mapped("stage")
        is_asked = permission in ANYWHERE or (permission in ON_PRODUCTION and is_production)
        if is_asked and not self.env.su:
            self.env.user._check_confirmed()
