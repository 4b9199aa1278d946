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


class Environment(models.Model):
    _inherit = "ops.environment"

    mail_ids = fields.One2many("ops.mail", "environment_id", string="Caught mails")
    mail_count = fields.Integer(string="Mails caught", compute="_compute_mail_count")
    mail_keep_count = fields.Integer(
        string="Mails kept", default=500, help="The oldest go first; at least one is kept."
    )
    mail_keep_mb = fields.Integer(string="Mails kept (MB)", default=100)
    mail_kept = fields.Char(compute="_compute_mail_count")

    _mail_kept_sane = models.Constraint(
        "CHECK(mail_keep_count BETWEEN 1 AND 100000 AND mail_keep_mb BETWEEN 1 AND 10000)",
        "Keep between 1 and 100000 mails, and between 1 and 10000 MB.",
    )

    @api.depends("mail_ids", "mail_keep_count", "mail_keep_mb")
    def _compute_mail_count(self):
        rows = self.env["ops.mail"]._read_group(
            [("environment_id", "in", self.ids)],
            ["environment_id"],
            ["__count", "size_bytes:sum"],
        )
        found = {environment.id: (count, held) for environment, count, held in rows}
        for environment in self:
            count, held = found.get(environment._origin.id, (0, 0))
            environment.mail_count = count
            environment.mail_kept = self.env._(
                "%(count)s mails, %(size)s. The newest %(most)s are kept, %(mb)s MB at most.",
                count=count,
                size=size(held),
                most=environment.mail_keep_count,
                mb=environment.mail_keep_mb,
            )

    def write(self, vals):
        done = super().write(vals)
        if {"mail_keep_count", "mail_keep_mb"} & set(vals):
            self._make_room_for_mail()
        return done

    def action_view_mails(self):
        """Open the mails the environment sent."""
        self.ensure_one()
        self._check_may("logs")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_ops.mail_action")
        return {**action, "domain": [("environment_id", "=", self.id)]}

    def action_clear_mails(self):
        """Delete every caught mail of the environment."""
        self.ensure_one()
        self._check_may("settings")
        self.sudo().mail_ids.unlink()  # people read caught mails, and change none
        return True

    def _make_room_for_mail(self):
        """Let the oldest mails go that are too many or too big; the newest stays."""
        for environment in self.sudo():  # whoever changes the limit
            held, limit = 0, environment.mail_keep_mb << 20
            mails = environment.mail_ids.search([("environment_id", "=", environment.id)])
            over = mails[environment.mail_keep_count :]
            for place, mail in enumerate(mails[: environment.mail_keep_count]):
                held += mail.size_bytes
                if held > limit and place:
                    over |= mail
            over.unlink()

    def _run_ended(self, run):
        """What an environment sent goes with it."""
        super()._run_ended(run)
        if self.state == "destroyed":
            self.mail_ids.unlink()
            self.refusal_ids.unlink()
