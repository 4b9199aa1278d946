"""A session that began at a provider. Whether it still lives is asked at every request."""

import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.http import request

from ..adapters import key_file
from ..protocol import sealing
from ..protocol.claims import shown
from ..protocol.refusal import Refused
from ..protocol.request import fingerprint
from ..protocol.tokens import is_name

SESSION_KEY = "ipai_oidc_session"
SECOND_FACTOR_KEY = "ipai_second_factor"  # who showed one in this browser session, and when
CONFIRMED_KEY = "identity-check-last"  # Odoo's own: when the person was asked again who they are
KEPT_DAYS = 90
REASONS = [
    ("person", "Logged out"),
    ("provider", "Logged out at the provider"),
    ("closed", "Closed at the provider"),
    ("admin", "Ended by an administrator"),
    ("time", "Time was up"),
]


class IpaiOidcSession(models.Model):
    _name = "ipai.oidc.session"
    _description = "Single sign-on session"
    _inherit = ["ipai.oidc.product.written"]
    _product_written = True
    _order = "began_at desc, id desc"
    _rec_name = "user_id"
    _log_access = False

    key_hash = fields.Char(required=True, groups=fields.NO_ACCESS)
    provider_id = fields.Many2one(
        "auth.oauth.provider", required=True, index=True, ondelete="cascade"
    )
    user_id = fields.Many2one("res.users", required=True, index=True, ondelete="cascade")
    subject = fields.Char(required=True, index=True)
    sid = fields.Char(string="Session at the provider", index="btree_not_null")
    acr = fields.Char(string="Class (acr)")
    amr = fields.Char(string="Methods (amr)")
    has_second_factor = fields.Boolean(string="Second factor")
    address = fields.Char()
    id_token_sealed = fields.Char(
        groups=fields.NO_ACCESS, goes_to=("provider_id.issuer", "provider_id.end_session_endpoint")
    )
    refresh_token_sealed = fields.Char(
        groups=fields.NO_ACCESS, goes_to=("provider_id.issuer", "provider_id.token_endpoint")
    )
    began_at = fields.Datetime(required=True)
    proven_at = fields.Datetime(
        required=True, help="When the provider last vouched for the person."
    )
    checked_at = fields.Datetime(required=True)
    ends_at = fields.Datetime(string="At the latest until")
    ended_at = fields.Datetime(index=True)
    end_reason = fields.Selection(REASONS)
    is_live = fields.Boolean(compute="_compute_is_live", search="_search_is_live")

    _key_uniq = models.UniqueIndex("(key_hash)")

    @api.depends("ended_at", "ends_at")
    def _compute_is_live(self):
        now = fields.Datetime.now()
        for session in self:
            session.is_live = not session.ended_at and (
                not session.ends_at or session.ends_at > now
            )

    def _search_is_live(self, operator, value):
        if operator != "in":
            return NotImplemented
        live = Domain("ended_at", "=", False) & (
            Domain("ends_at", "=", False) | Domain("ends_at", ">", fields.Datetime.now())
        )
        return live if True in value else ~live

    @api.model
    def _begin(self, provider, user, proof, address):
        """Return the new row and the key that goes into the browser's session."""
        key, now, claims = secrets.token_urlsafe(32), fields.Datetime.now(), proof.claims
        session = self.create(
            {
                "key_hash": fingerprint(key),
                "provider_id": provider.id,
                "user_id": user.id,
                "subject": claims["sub"],
                "sid": claims["sid"] if is_name(claims.get("sid")) else False,
                "acr": shown(claims, "acr"),
                "amr": shown(claims, "amr"),
                "has_second_factor": proof.has_second_factor,
                "address": address,
                "began_at": now,
                "proven_at": now,
                "checked_at": now,
                "ends_at": provider._session_end(),
            }
        )
        session._keep_tokens(proof)
        return session, key

    def _keep_tokens(self, proof):
        if self.provider_id.is_logout_sent and self.provider_id.end_session_endpoint:
            self.id_token_sealed = self._sealed(proof.id_token)
        if self.provider_id.check_minutes and proof.refresh_token:
            self.refresh_token_sealed = self._sealed(proof.refresh_token)

    def _sealed(self, token):
        try:
            return sealing.seal(token, f"{self._table}.{self.id}", key_file.keys())
        except (sealing.KeyMissing, OSError) as exc:
            raise Refused("key_lost", f"tokens cannot be kept: {exc}") from exc

    def _unsealed(self, name):
        """Return a kept token, or nothing where there is none or its key is lost."""
        try:
            value = self[name]
            return value and sealing.unseal(value, f"{self._table}.{self.id}", key_file.keys())
        except sealing.KeyMissing:
            return None

    def _note_shown(self, proof):
        """Write down that the provider asked the person again, and how it was proven."""
        self.write(
            {
                "proven_at": fields.Datetime.now(),
                "acr": shown(proof.claims, "acr"),
                "amr": shown(proof.claims, "amr"),
                "has_second_factor": proof.has_second_factor,
            }
        )
        words = self._words_of_strength()
        self.env["ipai.oidc.event"]._note("confirmed", self.provider_id, self.user_id, words)

    @api.model
    def _of_browser(self):
        """Return the session this request belongs to; empty where it did not begin at a provider."""
        key = request and request.session.get(SESSION_KEY)
        return self._of_key(key).filtered("is_live") if key else self.browse()

    @api.model
    def _of_key(self, key):
        return self.search([("key_hash", "=", fingerprint(str(key)))], limit=1)

    @api.model
    def _lives(self, key):
        """Return whether the session with this key still lives; one that is not known does not."""
        self.flush_model(["key_hash", "ended_at", "ends_at"])
        self.env.cr.execute(
            """SELECT 1 FROM ipai_oidc_session WHERE key_hash = %s AND ended_at IS NULL
               AND (ends_at IS NULL OR ends_at > now() AT TIME ZONE 'utc')""",
            [fingerprint(str(key))],
        )
        return bool(self.env.cr.rowcount)

    def _end(self, reason):
        """End the sessions: their next request finds them logged out. Return how many lived."""
        living = self.filtered("is_live")
        living._close(reason)
        for session in living:
            kind = "closed" if reason == "closed" else "signed_out"
            self.env["ipai.oidc.event"]._note(kind, session.provider_id, session.user_id, reason)
        return len(living)

    def _close(self, reason):
        """Write the end down and forget the tokens."""
        ended = {"ended_at": fields.Datetime.now(), "end_reason": reason}
        self.write(ended | {"id_token_sealed": False, "refresh_token_sealed": False})

    def action_end(self):
        """End the chosen sessions at once."""
        self.check_access("write")
        # Tokens are closed to everybody; ending a session deletes them.
        self.sudo()._end("admin")
        return True

    def _words_of_strength(self):
        return f"acr {self.acr or '–'}, amr {self.amr or '–'}"

    @api.autovacuum
    def _gc_sessions(self):
        over = self.search(
            [("ended_at", "=", False), ("ends_at", "<", fields.Datetime.now())], limit=1000
        )
        over._close("time")
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search(["|", ("ended_at", "<", limit), ("ends_at", "<", limit)], limit=1000)
        old.unlink()
        return len(old), 0
