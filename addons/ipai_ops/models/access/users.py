"""Signing in: what is counted, written down and remembered each time somebody shows who they are."""

from odoo import api, models
from odoo.http import request

from ...authentication import api_call, signed_in

SECOND_FACTORS = ("webauthn", "totp")


class Users(models.Model):
    _inherit = "res.users"

    def _login(self, credential, user_agent_env):
        """Sign somebody in: guesses are counted, each outcome is in the audit trail, the session knows how."""
        with self._guesses_of_login_counted(credential, user_agent_env):
            with self._refused_login_noted(credential):
                info = super()._login(credential, user_agent_env)
            self._note_login(credential, info)
            if request and (user_agent_env or {}).get("interactive"):
                signed_in.keep(info["uid"], info.get("auth_method"), info.get("shown_at"))
            return info

    def _check_credentials(self, credential, env):
        """Look at what is shown: guesses are counted, and a second factor is remembered."""
        with self._guesses_of_credential_counted(credential):
            info = super()._check_credentials(credential, env)
            if request and credential.get("type") in SECOND_FACTORS:
                signed_in.keep_second(self.id or self.env.uid)
            return info

    @api.model
    def _check_uid_passwd(self, uid, passwd):
        """Look at what comes with a call: a key of ours each time, as what Odoo remembers knows no scope."""
        self._check_is_somebody(uid, passwd)
        if self.env["res.users.apikeys"].sudo()._rows_like(uid, passwd):
            self._check_key_as_password(uid, passwd)
        else:
            super()._check_uid_passwd(uid, passwd)
        api_call.keep_person()
