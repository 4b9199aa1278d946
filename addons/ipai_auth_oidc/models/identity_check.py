"""Odoo's dialog “is it you?”: people who came by single sign-on have no password here and ask the provider."""

from urllib.parse import urlencode, urlsplit

from odoo import api, fields, models
from odoo.http import request

from ..protocol.addresses import landing_path
from .res_users import TYPE


class IdentityCheck(models.TransientModel):
    _inherit = "res.users.identitycheck"

    auth_method = fields.Selection(selection_add=[(TYPE, "Single sign-on")])
    provider_name = fields.Char(compute="_compute_provider_name")

    def _compute_provider_name(self):
        self.provider_name = self._provider().name

    @api.model
    def _provider(self):
        """Return the provider that can be asked about the person of this browser session."""
        # Nobody may read sessions; this is the browser's own.
        provider = self.env["ipai.oidc.session"].sudo()._of_browser().provider_id
        return provider.filtered(lambda one: one.can_ask_again and one._is_open())

    @api.model
    def _get_default_auth_method(self):
        method = super()._get_default_auth_method()
        return TYPE if method == "password" and self._provider() else method

    def action_sign_in_again(self):
        """Go to the provider, and come back to the page the dialog was opened on."""
        referer = request.httprequest.referrer if request else ""
        landing = landing_path(urlsplit(referer or "").path)
        url = f"/auth_oidc/again?{urlencode({'redirect': landing})}"
        return {"type": "ir.actions.act_url", "url": url, "target": "self"}
