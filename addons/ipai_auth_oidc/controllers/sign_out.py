"""Log-out: here, at the provider, and when the provider says so."""

import json

from odoo import SUPERUSER_ID, api
from odoo.addons.web.controllers.session import Session
from odoo.http import Controller, request, route

from ..models.session import SESSION_KEY
from ..protocol.refusal import Refused
from .refusal_page import guarded
from .sign_in import provider_of


class SignOut(Session):
    @route()
    def logout(self, redirect="/odoo"):
        """End the session here; where the provider wants to know, send the browser on to it."""
        onwards = _end_session()
        response = super().logout(redirect=redirect)
        if not onwards:
            return response
        request.env["ir.http"]._auth_method_public()  # the page is drawn for somebody
        return guarded(request.render("ipai_auth_oidc.sign_out_page", onwards))

    @route()
    def destroy(self):
        """End the session without a page."""
        _end_session()
        return super().destroy()


def _end_session():
    """End the browser's session and return the form for the provider, if it wants one.

    Odoo's log-out only reads the database, so this is a transaction of its own.
    """
    key = request.session.get(SESSION_KEY)
    if not key or not request.db:
        return None
    with request.env.registry.cursor() as cr:
        # The rows are the addon's own; the key in the browser's session says which.
        session = api.Environment(cr, SUPERUSER_ID, {})["ipai.oidc.session"]._of_key(key)
        onwards = session._log_out_request() if session else None
        session._end("person")
    return onwards


class ProviderSignOut(Controller):
    @route("/auth_oidc/signed_out", type="http", auth="public", methods=["GET"], sitemap=False)
    def signed_out(self, **_kw):
        """Where the provider sends the browser after log-out."""
        return guarded(request.render("ipai_auth_oidc.signed_out_page", {}))

    @route(
        "/auth_oidc/backchannel/<int:number>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        sitemap=False,
    )
    def backchannel(self, number, logout_token="", **_kw):
        """End the sessions that a log-out token of the provider speaks of."""
        provider = None
        address = request.httprequest.remote_addr
        # A provider is no user; events and tokens are the addon's own.
        events = request.env["ipai.oidc.event"].sudo()
        try:
            if events._has_too_many(address):
                return _answer(429, error="temporarily_unavailable")
            provider = provider_of(number)
            request.env["ipai.oidc.logout.token"].sudo()._use(provider, logout_token)
        except Refused as exc:
            reference = events._note_refusal(provider, exc, address)
            return _answer(400, error="invalid_request", error_description=f"reference {reference}")
        return _answer(200)

    @route(
        "/auth_oidc/keys/<int:number>",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        sitemap=False,
    )
    def keys(self, number):
        """Our public keys, for private_key_jwt."""
        try:
            return request.make_json_response(provider_of(number)._public_keys())
        except Refused:
            return _answer(404, error="not_found")


def _answer(status, **body):
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return request.make_response(json.dumps(body), headers, status=status)
