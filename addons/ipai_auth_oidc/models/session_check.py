"""Asking the provider whether a person is still welcome: a refresh token that is refused ends the session."""

from datetime import timedelta

from odoo import api, fields, models

from ..protocol import tokens
from ..protocol.refusal import Refused

AT_ONCE = 20


class IpaiOidcSession(models.Model):
    _inherit = "ipai.oidc.session"

    @api.model
    def _check_due(self):
        """Ask about the sessions that are due, the longest waiting first; report progress to the cron."""
        due = self._due()
        for session in due[:AT_ONCE]:
            session._check()
            left = self.env["ir.cron"]._commit_progress(1)
            if not left:
                break
        return len(due)

    def _due(self):
        now, due = fields.Datetime.now(), self.browse()
        for provider in self.env["auth.oauth.provider"].search([("check_minutes", ">", 0)]):
            before = now - timedelta(minutes=provider.check_minutes)
            due |= self.search(
                [
                    ("provider_id", "=", provider.id),
                    ("is_live", "=", True),
                    ("checked_at", "<", before),
                    ("refresh_token_sealed", "!=", False),
                ],
                order="checked_at",
                limit=AT_ONCE,
            )
        return due

    def _check(self):
        """Renew the tokens. Refused: the person is out. Not reachable: asked again later, until time is up."""
        token = self._unsealed("refresh_token_sealed")
        self.checked_at = fields.Datetime.now()
        if not token:
            return
        try:
            said, claims = self.provider_id._renewed(token, self.subject)
        except Refused as exc:
            if exc.code == "code_refused" and "invalid_grant" in exc.detail:
                self._end("closed")
            return
        self._keep_renewed(said, claims)

    def _keep_renewed(self, said, claims):
        self.proven_at = fields.Datetime.now()
        if said.get("refresh_token"):
            self.refresh_token_sealed = self._sealed(said["refresh_token"])
        if not claims:
            return
        try:
            wanted = self.provider_id._wanted_groups(claims)
        except Refused:
            self._end("closed")
            return
        self.provider_id._give_groups(self.user_id, wanted)


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    def _renewed(self, refresh_token, subject):
        """Return the new tokens, and the claims where there are new ones (Core 12.2); raise Refused."""
        said = self._ask_for_tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})
        if not said.get("id_token"):
            return said, None
        _header, claims = self._opened_id_token(said, self._expected())
        if tokens.subject(claims) != subject:
            raise Refused("bad_token", "the renewed token is about somebody else")
        return said, self._completed(claims, said["access_token"])
