"""What happened at the door. A refusal has the reference that its person was shown."""

import logging
import secrets
from datetime import timedelta

from odoo import api, fields, models

from ..protocol.refusal import printable

_logger = logging.getLogger(__name__)

KINDS = [
    ("signed_in", "Signed in"),
    ("refused", "Refused"),
    ("confirmed", "Confirmed"),
    ("linked", "Linked"),
    ("created", "Created"),
    ("groups", "Groups changed"),
    ("signed_out", "Signed out"),
    ("closed", "Closed at the provider"),
    ("break_glass", "Emergency sign-in"),
]
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is mistaken for something else
WINDOW_MINUTES = 5
MOST_REFUSALS = 20
KEPT_DAYS = 180


class IpaiOidcEvent(models.Model):
    _name = "ipai.oidc.event"
    _description = "Sign-in event"
    _inherit = ["ipai.oidc.product.written"]
    _product_written = True
    _order = "id desc"
    _rec_name = "reference"

    kind = fields.Selection(KINDS, required=True)
    reference = fields.Char(index="btree_not_null", help="What the person sees on the error page.")
    code = fields.Char(string="Reason")
    detail = fields.Char()
    provider_id = fields.Many2one(
        "auth.oauth.provider", index="btree_not_null", ondelete="set null"
    )
    user_id = fields.Many2one("res.users", index="btree_not_null", ondelete="set null")
    address = fields.Char(string="From")

    _refusals = models.Index("(address, create_date) WHERE kind = 'refused'")

    @api.model
    def _note(self, kind, provider, user=None, detail="", **values):
        """Write one line down; ``detail`` is cut and freed of anything like a token."""
        return self.create(
            {
                "kind": kind,
                "provider_id": provider.id if provider else False,
                "user_id": user.id if user else False,
                "detail": printable(detail),
                **values,
            }
        )

    @api.model
    def _note_refusal(self, provider, refused, address):
        """Return the reference under which an administrator finds this refusal."""
        reference = "".join(secrets.choice(ALPHABET) for _letter in range(8))
        _logger.warning(
            "Sign-in refused, reference %s: %s (%s)", reference, refused.code, refused.detail
        )
        self._note(
            "refused",
            provider,
            detail=refused.detail,
            code=refused.code,
            reference=reference,
            address=address,
        )
        return reference

    @api.model
    def _has_too_many(self, address):
        """Return whether an address was refused so often that it has to wait."""
        since = fields.Datetime.now() - timedelta(minutes=WINDOW_MINUTES)
        refused = [("kind", "=", "refused"), ("address", "=", address), ("create_date", ">", since)]
        return self.search_count(refused, limit=MOST_REFUSALS) >= MOST_REFUSALS

    @api.autovacuum
    def _gc_events(self):
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search([("create_date", "<", limit)], limit=1000)
        old.unlink()
        return len(old), 0
