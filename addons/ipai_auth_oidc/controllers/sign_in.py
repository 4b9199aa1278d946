"""To the provider and back."""

import secrets

from psycopg2 import IntegrityError

from odoo.addons.web.controllers.utils import _get_login_redirect_url
from odoo.exceptions import AccessDenied, UserError
from odoo.http import Controller, request, route

from ..models.res_users import TYPE, ProvenSignIn
from ..models.session import CONFIRMED_KEY, SESSION_KEY
from ..protocol import addresses
from ..protocol.refusal import Refused
from .confirmation import keep_second_factor, shown_again
from .refusal_page import guarded, refusal_page

BROWSER_KEY = "ipai_oidc_browser"


def provider_of(number):
    """Return an open provider; raise Refused."""
    # Whoever signs in is nobody yet and may read no provider.
    provider = request.env["auth.oauth.provider"].sudo().browse(number)
    if not provider._is_open():
        raise Refused("no_provider", f"provider {number} is not allowed for sign-in")
    return provider


class SignIn(Controller):
    @route(
        "/auth_oidc/start/<int:number>", type="http", auth="public", methods=["GET"], sitemap=False
    )
    def start(self, number, redirect=None, **_kw):
        """Send the browser to the provider."""
        try:
            check_patience()
            provider = provider_of(number)
            if elsewhere := _canonical(provider):
                return request.redirect(elsewhere, 303, local=False)
            url = _way_to(provider, redirect)
        except Refused as exc:
            return refusal_page(exc)
        return guarded(request.redirect(url, 303, local=False))

    @route("/auth_oidc/again", type="http", auth="user", methods=["GET"], sitemap=False)
    def again(self, redirect=None, **_kw):
        """Send the browser to the provider, which asks its person again who they are."""
        try:
            check_patience()
            # Nobody may read sessions; this is the browser's own.
            session = request.env["ipai.oidc.session"].sudo()._of_browser()
            if not session:
                raise Refused("unknown_state", "the session did not begin at a provider")
            provider = provider_of(session.provider_id.id)
            if not provider.can_ask_again:
                raise Refused("bad_configuration", f"{provider.name} does not ask people again")
            url = _way_to(provider, redirect, session)
        except Refused as exc:
            return refusal_page(exc)
        return guarded(request.redirect(url, 303, local=False))

    @route(
        "/auth_oidc/callback/<int:number>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
    )
    def callback(self, number, **answer):
        """Sign the person in with the provider's answer."""
        address = request.httprequest.remote_addr
        provider = None
        try:
            check_patience()
            provider = provider_of(number)
            login = self._login_of(provider, answer)
            # The provider is asked with no transaction open: nothing was written yet.
            request.env.cr.rollback()
            if login["session_id"]:
                response = shown_again(provider, login, answer)
            else:
                proven = provider._sign_in(login, answer, address)
                response = self._signed_in(*proven, login["landing"])
        except Refused as exc:
            return refusal_page(exc, provider)
        except (
            UserError,
            IntegrityError,
        ) as exc:  # no such user can be made, or passwords were wrong
            return self._not_signed_in(exc, provider)
        return guarded(response)

    def _not_signed_in(self, error, provider):
        request.env.cr.rollback()
        code = "too_many" if isinstance(error, AccessDenied) else "no_account"
        return refusal_page(Refused(code, str(error)), provider)

    def _login_of(self, provider, answer):
        """Return what was begun; an answer at the address of another provider is refused (RFC 9700, 4.4)."""
        state, browser = answer.get("state") or "", request.session.get(BROWSER_KEY)
        login = request.env["ipai.oidc.login"]._take(state, browser)
        if login["provider_id"] != provider.id:
            raise Refused("mixed_up", f"asked was provider {login['provider_id']}")
        return login

    def _signed_in(self, user, key, proof, landing):
        session = request.session
        if session.uid:
            session.logout(keep_db=True)  # nothing of another person may stay
        session.pop(BROWSER_KEY, None)
        session.pop(CONFIRMED_KEY, None)
        session[SESSION_KEY] = key
        keep_second_factor(user, proof)
        credential = {"login": user.login, "type": TYPE, "proof": ProvenSignIn(user.id, proof)}
        auth_info = session.authenticate(request.env, credential)
        return request.redirect(_get_login_redirect_url(auth_info["uid"], landing), 303)


def _way_to(provider, landing, session=None):
    """Return where the browser goes to; its answer is taken from this browser alone."""
    browser = request.session.get(BROWSER_KEY) or secrets.token_urlsafe(32)
    request.session[BROWSER_KEY] = browser
    logins = request.env["ipai.oidc.login"].sudo()  # of people who may be nobody yet
    address = request.httprequest.remote_addr
    return logins._begin(provider, browser, landing, address, session)


def check_patience():
    """Raise Refused for an address that was refused too often."""
    address = request.httprequest.remote_addr
    # Whoever signs in is nobody yet and may read no events.
    if request.env["ipai.oidc.event"].sudo()._has_too_many(address):
        raise Refused("too_many", address)


def _canonical(provider):
    """Return our own start address where the browser came by another host name, which gets no answer."""
    here, there = request.httprequest.host_url, provider.redirect_uri
    if addresses.same_site(here, there):
        return None
    path = request.httprequest.full_path
    return there.partition("/auth_oidc/")[0] + path
