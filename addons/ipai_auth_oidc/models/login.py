"""One sign-in under way: what was sent to the provider, and which browser it belongs to.

It is taken once, in a transaction of its own, before anything is believed: a second answer with the same
state finds nothing, also when both come at the same moment.
"""

import secrets
from datetime import timedelta

from odoo import api, fields, models

from ..protocol import addresses, request
from ..protocol.refusal import Refused

MINUTES = 10
MOST_A_MINUTE = 60


class IpaiOidcLogin(models.Model):
    _name = "ipai.oidc.login"
    _description = "Sign-in under way"
    _inherit = ["ipai.oidc.product.written"]
    _product_written = True
    _log_access = False

    provider_id = fields.Many2one(
        "auth.oauth.provider", required=True, index=True, ondelete="cascade"
    )
    state_hash = fields.Char(required=True)
    browser_hash = fields.Char(required=True)
    nonce = fields.Char(
        required=True, groups=fields.NO_ACCESS, goes_nowhere="The answer is compared with it."
    )
    verifier = fields.Char(
        required=True,
        groups=fields.NO_ACCESS,
        goes_to=("provider_id.issuer", "provider_id.token_endpoint"),
    )
    redirect_uri = fields.Char(required=True)
    landing = fields.Char(required=True)
    max_age_seconds = fields.Integer(default=-1)
    session_id = fields.Many2one(
        "ipai.oidc.session",
        index="btree_not_null",
        ondelete="cascade",
        help="The session whose person is asked again who they are; none: somebody signs in.",
    )
    address = fields.Char()
    begun_at = fields.Datetime(required=True, index=True)

    _state_uniq = models.UniqueIndex("(state_hash)")

    @api.model
    def _begin(self, provider, browser, landing, address, session=None):
        """Return where the browser goes to. ``browser`` is the secret kept in its session.

        ``session``: have the provider ask its person again, whatever session they have there.
        """
        self._check_rate(address)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _kind in range(3))
        max_age = provider._max_age(is_asked_again=bool(session))
        redirect_uri = provider.redirect_uri
        self.create(
            {
                "provider_id": provider.id,
                "state_hash": request.fingerprint(state),
                "browser_hash": request.fingerprint(browser),
                "nonce": nonce,
                "verifier": verifier,
                "redirect_uri": redirect_uri,
                "landing": addresses.landing_path(landing),
                "max_age_seconds": max_age,
                "session_id": session.id if session else False,
                "address": address,
                "begun_at": fields.Datetime.now(),
            }
        )
        prompt = "login" if session else provider.prompt
        return request.authorization_url(provider._ask(state, nonce, verifier, max_age, prompt))

    def _check_rate(self, address):
        since = fields.Datetime.now() - timedelta(minutes=1)
        if (
            self.search_count([("address", "=", address), ("begun_at", ">", since)])
            >= MOST_A_MINUTE
        ):
            raise Refused("too_many", f"{address} began {MOST_A_MINUTE} sign-ins within a minute")

    @api.model
    def _take(self, state, browser):
        """Return the values of the sign-in with this state, and forget it; raise Refused."""
        with self.env.registry.cursor() as cr:
            cr.execute(
                """DELETE FROM ipai_oidc_login WHERE state_hash = %s
                   RETURNING provider_id, browser_hash, nonce, verifier, redirect_uri, landing,
                             max_age_seconds, session_id, begun_at""",
                [request.fingerprint(state)],
            )
            taken = cr.dictfetchone()
        if not taken:
            raise Refused("unknown_state", "no sign-in with this state: used, expired or invented")
        if not browser or not request.is_same(request.fingerprint(browser), taken["browser_hash"]):
            raise Refused("unknown_state", "the sign-in was begun in another browser")
        if taken["begun_at"] < fields.Datetime.now() - timedelta(minutes=MINUTES):
            raise Refused("unknown_state", f"the sign-in was begun more than {MINUTES} minutes ago")
        return taken

    @api.autovacuum
    def _gc_logins(self):
        limit = fields.Datetime.now() - timedelta(minutes=MINUTES)
        self.env.cr.execute("DELETE FROM ipai_oidc_login WHERE begun_at < %s", [limit])
        return self.env.cr.rowcount, 0
