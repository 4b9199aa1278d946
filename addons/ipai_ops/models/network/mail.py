"""A message that an environment sent and the catcher kept: nobody else has received it."""

import base64

from odoo import api, fields, models

from ...engine import mail_message
from ...engine.wording import size

TEXT = 20000  # of a message that can be searched


class Mail(models.Model):
    _name = "ops.mail"
    _description = "Caught mail"
    _product_written = True
    _order = "caught_at desc, id desc"
    _rec_name = "subject"

    environment_id = fields.Many2one(
        "ops.environment", required=True, readonly=True, index=True, ondelete="cascade"
    )
    project_id = fields.Many2one(related="environment_id.project_id", store=True, index=True)
    key = fields.Char(required=True, readonly=True)
    subject = fields.Char(readonly=True)
    sender = fields.Char(string="From", readonly=True)
    recipients = fields.Char(string="To", readonly=True)
    envelope_from = fields.Char(
        string="Sent as", readonly=True, help="Where answers of servers go."
    )
    envelope_to = fields.Char(
        string="Would have gone to", readonly=True, help="Hidden recipients are among them."
    )
    caught_at = fields.Datetime(string="Caught", required=True, readonly=True)
    size_bytes = fields.Float(string="Size", digits=(20, 0), readonly=True)
    text = fields.Text(readonly=True)
    has_html = fields.Boolean(readonly=True)
    file_count = fields.Integer(string="Attached files", readonly=True)
    raw = fields.Binary(attachment=True, readonly=True)
    headers = fields.Text(compute="_compute_pieces")
    files = fields.Json(compute="_compute_pieces")

    _key_uniq = models.Constraint("UNIQUE(environment_id, key)", "A message is kept once.")

    @api.depends("raw")
    def _compute_pieces(self):
        for mail in self:
            message = mail._message()
            mail.headers = message.headers
            mail.files = [
                {"place": part.place, "name": part.name, "size": size(part.size_bytes)}
                for part in message.parts
            ]

    def _bytes(self):
        """Return the message as it was sent."""
        return base64.b64decode(self.with_context(bin_size=False).raw or b"")

    def _message(self):
        return mail_message.read(self._bytes())

    @api.model
    def _catch(self, environment, key, envelope, content):
        """Keep a message, once; ``envelope``: from, to, at. Makes room for it."""
        known = self.search([("environment_id", "=", environment.id), ("key", "=", key)])
        if known:
            return known
        message = mail_message.read(content)
        mail = self.create(
            {
                "environment_id": environment.id,
                "key": key,
                "subject": message.subject,
                "sender": message.sender,
                "recipients": message.recipients,
                "envelope_from": envelope["from"],
                "envelope_to": ", ".join(envelope["to"]),
                "caught_at": envelope["at"],
                "size_bytes": len(content),
                "text": (message.text or "")[:TEXT],
                "has_html": bool(message.html),
                "file_count": len(message.parts),
                "raw": base64.b64encode(content),
            }
        )
        environment._make_room_for_mail()
        return mail
