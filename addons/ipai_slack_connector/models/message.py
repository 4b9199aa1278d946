"""One message in one channel: what it is about, where it stands in Slack, what it still has to tell."""

import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError

READER = "ipai_slack"
KEEP_DAYS = 90
FORGET_AT_ONCE = 1000


class Message(models.Model):
    _name = "ipai.slack.message"
    _description = "Slack message"
    _product_written = True
    _order = "rank desc, id desc"
    _rec_name = "title"

    channel_id = fields.Many2one(
        "ipai.slack.channel", required=True, ondelete="cascade", readonly=True
    )
    workspace_id = fields.Many2one(related="channel_id.workspace_id")
    topic = fields.Char(required=True, readonly=True)
    title = fields.Char(readonly=True)
    run_id = fields.Many2one("ops.run", readonly=True, ondelete="set null", index="btree_not_null")
    environment_id = fields.Many2one(
        "ops.environment", readonly=True, ondelete="set null", index="btree_not_null"
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("sent", "In Slack"), ("failed", "Refused")],
        default="waiting",
        required=True,
        readonly=True,
    )
    mention = fields.Char(readonly=True)
    due_at = fields.Datetime(string="Due", required=True, readonly=True)
    rank = fields.Integer(readonly=True, help="The oldest fact it has not told yet.")
    slack_ts = fields.Char(string="Slack's timestamp", readonly=True)
    slack_channel = fields.Char(readonly=True)
    shown = fields.Char(readonly=True, help="Fingerprint of what Slack shows.")
    has_buttons = fields.Boolean(readonly=True)
    is_short = fields.Boolean(readonly=True, help="Slack refused the full layout.")
    key = fields.Char(required=True, readonly=True, default=lambda self: secrets.token_hex(8))
    in_doubt = fields.Char(readonly=True, help="The move whose answer never came.")
    doubt_line = fields.Integer(readonly=True, help="The last line of the reply in doubt.")
    said = fields.Text(string="What Slack said", readonly=True)
    first_sent_at = fields.Datetime(string="Sent", readonly=True)
    edit_count = fields.Integer(string="Updates", readonly=True)
    line_ids = fields.One2many("ipai.slack.line", "message_id", readonly=True)
    line_count = fields.Integer(compute="_compute_line_counts")
    unsent_count = fields.Integer(string="Lines waiting", compute="_compute_line_counts")

    _topic_once = models.Constraint(
        "UNIQUE(channel_id, topic)", "This topic has a message already."
    )
    _waiting = models.Index("(channel_id, rank, id) WHERE state = 'waiting'")

    def _compute_line_counts(self):
        lines = self.env["ipai.slack.line"]
        counts = {}
        for name, more in (("line_count", []), ("unsent_count", [("sent_at", "=", False)])):
            domain = [("message_id", "in", self.ids), *more]
            groups = lines._read_group(domain, ["message_id"], ["__count"])
            counts[name] = {message.id: count for message, count in groups}
        for message in self:
            message.line_count = counts["line_count"].get(message.id, 0)
            message.unsent_count = counts["unsent_count"].get(message.id, 0)

    def action_send_again(self):
        """Try a refused message again, in its full layout."""
        self.check_access("read")
        if not self.env.user.has_group("ipai_slack_connector.group_administrator"):
            raise UserError(self.env._("Only an administrator of Slack sends messages again."))
        refused = self.filtered(lambda message: message.state == "failed").sudo()
        refused.write({"state": "waiting", "is_short": False, "shown": False, "said": False})
        self._wake()
        return True

    def action_open_in_slack(self):
        """Open the message in Slack."""
        self.ensure_one()
        self.check_access("read")
        if not self.slack_ts:
            raise UserError(self.env._("Slack does not have this message yet."))
        team, channel = self.workspace_id.team_id or "", self.slack_channel or ""
        url = f"https://slack.com/app_redirect?team={team}&channel={channel}"
        return {
            "type": "ir.actions.act_url",
            "url": f"{url}&message_ts={self.slack_ts}",
            "target": "new",
        }

    @api.model
    def _wake(self):
        """Have the sender look at once, after this transaction's commit."""
        self.env.ref("ipai_slack_connector.cron_send").sudo()._trigger()

    @api.model
    def _reader(self):
        """Return this addon's place in the facts log."""
        cron = self.env.ref("ipai_slack_connector.cron_send").sudo()
        return self.env["ops.fact.consumer"]._subscribe(READER, cron=cron)

    @api.model
    def _cron_send(self):
        """Tell Slack what happened; called by the scheduler."""
        from .. import driver

        driver.send(self.env)

    @api.autovacuum
    def _gc_messages(self):
        """Forget old messages that have nothing left to tell."""
        before = fields.Datetime.subtract(fields.Datetime.now(), days=KEEP_DAYS)
        domain = [("state", "!=", "waiting"), ("create_date", "<", before)]
        old = self.search(domain, limit=FORGET_AT_ONCE)
        old.unlink()
        return len(old), len(old) if len(old) == FORGET_AT_ONCE else 0
