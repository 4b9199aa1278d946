"""Connecting by Slack's OAuth: a person lets the app in, Slack sends a code, a token is had for it."""

import hmac
import secrets
import time

from odoo import models
from odoo.exceptions import UserError

from ..engine import failures
from .workspace import SCOPES

STATE_SECONDS = 600


class Workspace(models.Model):
    _inherit = "ipai.slack.workspace"

    def action_connect(self):
        """Go to Slack and let the app in; Slack comes back here."""
        self.ensure_one()
        self.check_access("write")
        if not self.client_id or not self.has_client_secret:
            raise UserError(
                self.env._(
                    "Enter the client id and the client secret first: "
                    "they are under “Basic Information” of the app."
                )
            )
        return {"type": "ir.actions.act_url", "url": self._authorize_url(), "target": "self"}

    def _authorize_url(self):
        from .. import driver

        until = int(time.time()) + STATE_SECONDS
        state = f"{self.id}.{self.env.uid}.{until}.{secrets.token_urlsafe(24)}"
        self.sudo().install_state = state  # closed to everybody: it proves who began
        return driver.authorize_url(self.client_id, self.redirect_url, SCOPES, state)

    def _take_code(self, state, code):
        """Keep the code Slack sent for the person who began, once; say whether it fits."""
        known = self.sudo().install_state or ""
        if not known or not hmac.compare_digest(known, state or ""):
            return False
        _workspace, user, until, _token = known.split(".", 3)
        values = {"install_state": False}
        fits = int(user) == self.env.uid and time.time() < int(until)
        if fits:
            values |= {"install_code": code, "state": "connecting", "said": False}
        self.sudo().write(values)
        if fits:
            self.env["ipai.slack.message"]._wake()
        return fits

    def _exchange(self):
        """Return the call that buys the token, as (method, arguments)."""
        arguments = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": self.install_code,
            "redirect_uri": self.redirect_url,
        }
        return "oauth.v2.access", arguments

    def _take_token(self, outcome):
        """Keep the token, or say why there is none. A code is good for one try."""
        self.install_code = False
        if not outcome.ok:
            verdict = failures.verdict(outcome.error, outcome.status, outcome.retry_after)
            self.write({"state": "broken", "said": verdict.sentence})
            return
        self.bot_token = outcome.data["access_token"]
        team = outcome.data.get("team") or {}
        data = {**outcome.data, "team_id": team.get("id"), "team": team.get("name")}
        self.said = self._take_identity(data, outcome.data.get("scope"))
        if team.get("name"):
            self.name = team["name"]
