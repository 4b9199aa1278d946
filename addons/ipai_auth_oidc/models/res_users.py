"""Signing in with a proof from a provider, and with nothing else where that is the rule."""

import logging

from odoo import api, fields, models
from odoo.exceptions import AccessDenied, ValidationError
from odoo.http import request, root

from ..protocol.refusal import printable
from .session import SESSION_KEY

_logger = logging.getLogger(__name__)

TYPE = "ipai_oidc"
SCOPE_PARAMETER = "ipai_auth_oidc.sso_only"


class ProvenSignIn:
    """The credential of a sign-in that a provider proved.

    Only this addon's controller makes one. What comes in as JSON, XML or a form can never be one, so
    nobody else can ask for this way in.
    """

    def __init__(self, user_id, proof):
        self.user_id = user_id
        self.has_second_factor = proof.has_second_factor
        self.shown_at = proof.shown_at


class ResUsers(models.Model):
    _inherit = "res.users"

    oidc_email = fields.Char(
        string="Sign-in e-mail",
        groups="base.group_erp_manager",
        copy=False,
        help="The address a provider must vouch for to link this user; empty: the login.",
    )
    oidc_break_glass = fields.Boolean(
        string="Emergency account",
        groups="base.group_system",
        copy=False,
        help="Signs in with its password when single sign-on is the rule. Never linked to a provider.",
    )
    oidc_session_ids = fields.One2many(
        "ipai.oidc.session", "user_id", groups="base.group_system", string="Single sign-on sessions"
    )

    @api.constrains("oidc_break_glass", "oauth_uid", "active", "group_ids")
    def _check_break_glass(self):
        for user in self:
            if user.oidc_break_glass and user.oauth_uid:
                raise ValidationError(
                    self.env._(
                        "%s is linked to a provider: it cannot be the emergency account.", user.name
                    )
                )
        self.env["res.config.settings"]._check_emergency_account()

    # ----- the way in -----

    def _check_credentials(self, credential, env):
        if credential["type"] == TYPE:
            return self._check_proven_sign_in(credential.get("proof"))
        if credential["type"] == "oauth_token" and not credential.get("token"):
            raise AccessDenied()  # the login form can name the type, and core would stumble
        is_interactive = (env or {}).get("interactive", True)
        if credential["type"] in ("password", "oauth_token") and is_interactive:
            self._refuse_password()
        return super()._check_credentials(credential, env)

    def _check_proven_sign_in(self, proof):
        is_proven = type(proof) is ProvenSignIn and proof.user_id == self.env.uid
        if not is_proven or not self.env.user.active:
            raise AccessDenied()
        mfa = "skip" if proof.has_second_factor else "default"
        return {
            "uid": self.env.uid,
            "auth_method": TYPE,
            "mfa": mfa,
            "shown_at": proof.shown_at,
        }

    def authenticate(self, credential, user_agent_env):
        """Whatever way somebody comes in by: single sign-on, where it is the rule, comes first."""
        auth_info = super().authenticate(credential, user_agent_env)
        is_interactive = (user_agent_env or {}).get("interactive")
        if auth_info["auth_method"] == TYPE or not is_interactive:
            return auth_info
        self.browse(auth_info["uid"]).with_user(auth_info["uid"])._refuse_password()
        if request:
            request.session.pop(SESSION_KEY, None)
        return auth_info

    def _refuse_password(self):
        """Raise AccessDenied where this user has to come by single sign-on."""
        user = self.env.user.sudo()  # the flags are not the user's own to read
        if not user._is_sso_needed():
            return
        if not user.oidc_break_glass:
            raise AccessDenied()

    def _is_sso_needed(self):
        scope = self.env["ir.config_parameter"].sudo().get_param(SCOPE_PARAMETER)
        return scope == "everyone" or (scope == "internal" and self._is_internal())

    def _rpc_api_keys_only(self):
        """Where single sign-on is the rule a password opens no API either; keys do."""
        user = self.sudo()  # the flags are not the user's own to read
        needs_key = user._is_sso_needed() and not user.oidc_break_glass
        return needs_key or super()._rpc_api_keys_only()

    @api.model
    def auth_oauth(self, provider, params):
        """Odoo's own flow takes a bare access token, made for whomever: not for these providers."""
        # Whoever signs in is nobody yet and may read no provider.
        if self.env["auth.oauth.provider"].sudo().browse(provider).flow == "oidc":
            raise AccessDenied()
        return super().auth_oauth(provider, params)

    def _login(self, credential, user_agent_env):
        auth_info = super()._login(credential, user_agent_env)
        user = self.sudo().browse(auth_info["uid"])
        if (
            user.oidc_break_glass
            and auth_info["auth_method"] == "password"
            and user._is_sso_needed()
        ):
            _logger.warning("Emergency sign-in of %s", printable(user.login))
            address = request.httprequest.remote_addr if request else ""
            self.env["ipai.oidc.event"].sudo()._note("break_glass", None, user, address=address)
        return auth_info

    # ----- and out -----

    def _compute_session_token(self, sid):
        """A session that began at a provider lives as long as its row says, whatever the browser holds."""
        key = _session_of(sid).get(SESSION_KEY)
        if key and not self.env["ipai.oidc.session"]._lives(key):
            return False
        return super()._compute_session_token(sid)

    def write(self, vals):
        """Who is archived is out, at once and everywhere."""
        result = super().write(vals)
        if vals.get("active") is False:
            # The sessions are not everybody's to end who may archive a user.
            sessions = self.env["ipai.oidc.session"].sudo().search([("user_id", "in", self.ids)])
            sessions._end("admin")
        return result


def _session_of(sid):
    if request and getattr(request, "session", None) is not None and request.session.sid == sid:
        return request.session
    return root.session_store.get(sid) if root.session_store.is_valid_key(sid) else {}
