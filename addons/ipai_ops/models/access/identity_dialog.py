"""Odoo's dialog “is it you?”, which also takes the code of an authenticator app.

Whose role asks for a second factor shows it here, too: a password alone is not taken from them.
"""

import re

from odoo import api, fields, models
from odoo.exceptions import AccessDenied, UserError

from ...authentication import signed_in


class IdentityCheck(models.TransientModel):
    _inherit = "res.users.identitycheck"

    auth_method = fields.Selection(selection_add=[("totp", "Authenticator app")])
    code = fields.Char(store=False)
    problem = fields.Char(readonly=True)
    has_app = fields.Boolean(compute="_compute_ways")
    takes_second = fields.Boolean(compute="_compute_ways")

    @api.depends_context("uid")
    def _compute_ways(self):
        self.has_app = self.env.user.totp_enabled
        self.takes_second = self.env.user._confirms_with_second_factor()

    @api.model
    def _get_default_auth_method(self):
        method, user = super()._get_default_auth_method(), self.env.user
        if method == "webauthn" or not user.totp_enabled:
            return method
        has_password = not signed_in.came_from_elsewhere(self.env)
        if user._confirms_with_second_factor() or (method == "password" and not has_password):
            return "totp"
        return method

    @api.model
    def _has_no_way(self):
        """Say whether the dialog could ask only for a password that the person may not have."""
        is_elsewhere = signed_in.came_from_elsewhere(self.env)
        return is_elsewhere and self._get_default_auth_method() == "password"

    def run_check(self):
        """A wrong code is told, not raised: Odoo counts the tries, and the count has to stay."""
        if self.auth_method == "totp":
            self.problem = self._problem_with_code()
            if self.problem:
                self._note_refused()
                return self._again()
        return super().run_check()

    def _problem_with_code(self):
        if not self.env.user.totp_enabled:
            return self.env._("You have no authenticator app here. Use another way.")
        code = re.sub(r"\s", "", str(self.env.context.get("password") or ""))
        if not re.fullmatch(r"[0-9]{6}", code):
            return self.env._("Enter the six digits that your authenticator app shows.")
        try:
            credential = {"type": "totp", "token": int(code)}
            self.env.user._check_credentials(credential, {"interactive": True})
        except AccessDenied as exc:
            return str(exc)
        return False

    def _check_identity(self):
        try:
            self._check_way()
        except UserError:
            self._note_refused()
            raise

    def _check_way(self):
        if self.auth_method == "totp":
            return self._check_code_was_shown()
        if self.auth_method == "password" and self.takes_second:
            raise UserError(
                self.env._(
                    "Your role asks for a second factor here. "
                    "Use your passkey or the code of your authenticator app."
                )
            )
        return super()._check_identity()

    def _note_refused(self):
        facts = {"method": self.auth_method, "outcome": "refused"}
        self.env["ops.audit"]._note_apart("identity.refused", self.env.user, **facts)

    def _check_code_was_shown(self):
        if not signed_in.is_fresh(signed_in.second_at(self.env)):
            raise UserError(self.env._("Enter the code of your authenticator app."))

    def action_use_app(self):
        """Ask for the code of the authenticator app instead."""
        self.auth_method = "totp"
        return self._again()

    def _again(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Show that it is you"),
            "res_model": self._name,
            "res_id": self.id,
            "target": "new",
            "views": [(False, "form")],
        }
