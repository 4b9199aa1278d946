"""Before what cannot be undone, whoever sits at the browser shows again who they are.

``asks_again`` lets Odoo's own dialog ask, then the button goes on by itself. ``_check_may`` asks
too, for whatever reaches it by another way.
"""

from functools import wraps

from odoo import api, models
from odoo.addons.base.models.res_users import check_identity
from odoo.exceptions import RedirectWarning
from odoo.http import request

from .. import signed_in
from .audit_hooks import refusals_kept

ANYWHERE = ("destroy", "rollback", "download", "secrets", "shell", "database_shell")
ON_PRODUCTION = ("restore",)


def asks_again(action):
    """Have a button's method ask who is there, unless they showed it within ten minutes."""
    asked = check_identity(action)

    @wraps(asked)
    def checked(self, *args, **kwargs):
        if signed_in.is_confirmed(self.env):
            return action(self, *args, **kwargs)
        if signed_in.came_from_elsewhere(self.env):
            return self.env["res.users"]._action_sign_in_again()
        return asked(self, *args, **kwargs)

    return checked


def asks_again_when(is_dangerous):
    """Have a button's method ask who is there where ``is_dangerous(record)`` says so."""

    def decorate(action):
        asked = asks_again(action)

        @wraps(asked)
        def checked(self, *args, **kwargs):
            wanted = asked if is_dangerous(self) else action
            return wanted(self, *args, **kwargs)

        return checked

    return decorate


def on_production(record):
    """Say whether what a button is about is production."""
    places = record if record._name == "ops.environment" else record.environment_id
    return "production" in places.mapped("stage")


class Users(models.Model):
    _inherit = "res.users"

    def _login(self, credential, user_agent_env):
        info = super()._login(credential, user_agent_env)
        if request and (user_agent_env or {}).get("interactive"):
            signed_in.keep(info["uid"], info.get("auth_method"))
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
        """Ask for the password; do nothing else."""
        return {"type": "ir.actions.act_window_close"}

    def _check_confirmed(self):
        """Raise a warning that leads to the dialog, unless the person showed lately who they are."""
        if not signed_in.is_confirmed(self.env):
            raise RedirectWarning(
                self.env._("Show first that it is you; then do this once more."),
                self.env.ref("ipai_ops.confirm_identity_action").id,
                self.env._("It is me"),
            )


class Project(models.Model):
    _inherit = "ops.project"

    def _check_may(self, permission, stage=None):
        super()._check_may(permission, stage)
        if permission in ANYWHERE and not self.env.su:
            self.env.user._check_confirmed()

    @asks_again
    def action_new_webhook_secret(self):
        return super().action_new_webhook_secret()


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

    @asks_again
    def action_destroy(self):
        return super().action_destroy()

    @asks_again
    def action_redeploy(self):
        return super().action_redeploy()

    @asks_again
    def action_roll_back(self):
        return super().action_roll_back()

    @asks_again
    def action_show_admin_password(self):
        return super().action_show_admin_password()

    @asks_again_when(on_production)
    def action_import(self):
        return super().action_import()


class Run(models.Model):
    _inherit = "ops.run"

    @asks_again
    def action_redeploy(self):
        return super().action_redeploy()

    @asks_again
    def action_roll_back(self):
        return super().action_roll_back()


class Artifact(models.Model):
    _inherit = "ops.artifact"

    @asks_again
    def action_redeploy(self):
        return super().action_redeploy()


class RestorePoint(models.Model):
    _inherit = "ops.restore.point"

    @asks_again
    def action_roll_back(self):
        return super().action_roll_back()


class Backup(models.Model):
    _inherit = "ops.backup"

    @asks_again
    def action_download(self):
        return super().action_download()


class BackupRepository(models.Model):
    _inherit = "ops.backup.repository"

    @asks_again
    def action_export_key(self):
        return super().action_export_key()


class Archive(models.Model):
    _inherit = "ops.archive"

    @asks_again_when(on_production)
    def action_import(self):
        return super().action_import()

    @asks_again_when(on_production)
    def action_remove(self):
        return super().action_remove()
