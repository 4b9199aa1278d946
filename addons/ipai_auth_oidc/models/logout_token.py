"""Log-out tokens that were used: each ends sessions once (Back-Channel Logout 2.6, step 8)."""

import time
from datetime import timedelta

from odoo import api, fields, models

from ..protocol import tokens
from ..protocol.refusal import Refused
from ..protocol.request import fingerprint

KEPT_HOURS = 24


class IpaiOidcLogoutToken(models.Model):
    _name = "ipai.oidc.logout.token"
    _description = "Used log-out token"
    _inherit = ["ipai.oidc.product.written"]
    _product_written = True
    _log_access = False

    token_hash = fields.Char(required=True)
    used_at = fields.Datetime(required=True, index=True)

    _token_uniq = models.UniqueIndex("(token_hash)")

    @api.model
    def _use(self, provider, token):
        """End the sessions a log-out token speaks of and return how many; raise Refused."""
        header, claims = provider._opened(token)
        tokens.check_logout_token(header, claims, provider._expected(), time.time())
        self._take(provider, claims["jti"])
        return self._sessions(provider, claims)._end("provider")

    def _take(self, provider, token_id):
        name = fingerprint(f"{provider.id} {token_id}")
        self.env.cr.execute(
            """INSERT INTO ipai_oidc_logout_token (token_hash, used_at) VALUES (%s, %s)
               ON CONFLICT (token_hash) DO NOTHING""",
            [name, fields.Datetime.now()],
        )
        if not self.env.cr.rowcount:
            raise Refused("bad_token", "the log-out token was used before")

    def _sessions(self, provider, claims):
        domain = [("provider_id", "=", provider.id), ("ended_at", "=", False)]
        names = {"sub": "subject", "sid": "sid"}
        domain += [(names[name], "=", claims[name]) for name in names if claims.get(name)]
        return self.env["ipai.oidc.session"].search(domain)

    @api.autovacuum
    def _gc_tokens(self):
        limit = fields.Datetime.now() - timedelta(hours=KEPT_HOURS)
        self.env.cr.execute("DELETE FROM ipai_oidc_logout_token WHERE used_at < %s", [limit])
        return self.env.cr.rowcount, 0
