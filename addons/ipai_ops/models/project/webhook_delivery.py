"""One message of a forge, so that a replay changes nothing and a person sees what came."""

from datetime import timedelta

from odoo import api, fields, models

KEPT_DAYS = 90


class WebhookDelivery(models.Model):
    _name = "ops.webhook.delivery"
    _description = "Webhook delivery"
    _product_written = True
    _order = "id desc"
    _rec_name = "delivery_id"

    project_id = fields.Many2one("ops.project", required=True, index=True, ondelete="cascade")
    forge = fields.Char(required=True)
    delivery_id = fields.Char(required=True)
    event = fields.Char()
    state = fields.Selection(
        [("accepted", "Accepted"), ("ignored", "Ignored"), ("refused", "Refused")], required=True
    )
    reason = fields.Char()
    ref = fields.Char()
    commit = fields.Char()
    run_id = fields.Many2one("ops.run", ondelete="set null")
    received_at = fields.Datetime(required=True, default=fields.Datetime.now)
    payload_sha256 = fields.Char()
    size_bytes = fields.Integer()

    _delivery_unique = models.UniqueIndex(
        "(forge, project_id, delivery_id)", "This delivery has been received already."
    )
    _received_index = models.Index("(received_at)")

    @api.autovacuum
    def _gc_deliveries(self):
        """Forget deliveries older than three months."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search([("received_at", "<", limit)], limit=1000)
        old.unlink()
        return len(old), len(old) == 1000
