"""One fact, told in one channel: it is there exactly once, and stays until Slack has it."""

from odoo import fields, models


class Line(models.Model):
    _name = "ipai.slack.line"
    _description = "Line of a Slack message"
    _product_written = True
    _order = "id"
    _log_access = False

    message_id = fields.Many2one(
        "ipai.slack.message", required=True, ondelete="cascade", readonly=True
    )
    channel_id = fields.Many2one(
        "ipai.slack.channel", required=True, ondelete="cascade", readonly=True
    )
    fact_id = fields.Integer(string="Fact", required=True, readonly=True)
    kind = fields.Char(readonly=True)
    at = fields.Datetime(readonly=True)
    text = fields.Char(readonly=True)
    is_problem = fields.Boolean(readonly=True)
    sent_at = fields.Datetime(readonly=True)

    _fact_once = models.Constraint(
        "UNIQUE(channel_id, fact_id)", "This fact was told here already."
    )
    _unsent = models.Index("(message_id, id) WHERE sent_at IS NULL")
    _of_message = models.Index("(message_id, id)")
