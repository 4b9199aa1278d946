"""A Slack channel that hears of operations: when it may be disturbed, and whether it can be reached."""

import re
from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import failures, hours, messages

CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{2,20}")
ZONES = [(zone, zone) for zone in pytz.common_timezones]


class Channel(models.Model):
    _name = "ipai.slack.channel"
    _description = "Slack channel"
    _order = "name, id"

    workspace_id = fields.Many2one(
        "ipai.slack.workspace",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env["ipai.slack.workspace"].search([], limit=1),
    )
    name = fields.Char(required=True, help="As people call it, for instance #ops.")
    slack_id = fields.Char(
        string="Channel id",
        required=True,
        help="In Slack: the channel's name → About → Channel ID, for instance C0123ABCD.",
    )
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("new", "Not tried yet"), ("up", "Works"), ("failed", "Does not work")],
        default="new",
        required=True,
        copy=False,
        readonly=True,
    )
    said = fields.Text(string="What Slack said", copy=False, readonly=True)
    is_testing = fields.Boolean(copy=False, readonly=True)
    zone = fields.Selection(
        ZONES, string="Time zone", required=True, default=lambda self: self.env.user.tz or "UTC"
    )
    quiet_from = fields.Float(
        help="From here on only what is urgent is told. Equal hours: never quiet."
    )
    quiet_until = fields.Float(help="Then one message tells what happened meanwhile.")
    digest = fields.Selection(
        [("none", "At once"), ("hourly", "Once an hour"), ("daily", "Once a day")],
        string="Tell",
        default="none",
        required=True,
        help="What is urgent is told at once, always.",
    )
    digest_hour = fields.Float(string="Daily at", default=9.0)
    paused_until = fields.Datetime(copy=False, readonly=True)
    attempts = fields.Integer(copy=False, readonly=True)
    rule_ids = fields.One2many("ipai.slack.rule", "channel_id")
    message_ids = fields.One2many("ipai.slack.message", "channel_id")
    waiting_count = fields.Integer(string="Messages waiting", compute="_compute_waiting_count")

    _slack_id_unique = models.Constraint(
        "UNIQUE(workspace_id, slack_id)", "This channel is listed already."
    )
    _hours_of_a_day = models.Constraint(
        "CHECK(quiet_from BETWEEN 0 AND 24 AND quiet_until BETWEEN 0 AND 24 "
        "AND digest_hour BETWEEN 0 AND 24)",
        "Hours lie between 0:00 and 24:00.",
    )

    @api.constrains("slack_id")
    def _check_slack_id(self):
        for channel in self:
            if not CHANNEL_ID.fullmatch(channel.slack_id or ""):
                raise ValidationError(
                    self.env._(
                        "“%s” is no channel id. In Slack, click the channel's name: the id is at the "
                        "end of “About”, for instance C0123ABCD.",
                        channel.slack_id,
                    )
                )

    def _compute_waiting_count(self):
        domain = [("channel_id", "in", self.ids), ("state", "=", "waiting")]
        groups = self.env["ipai.slack.message"]._read_group(domain, ["channel_id"], ["__count"])
        counts = {channel.id: count for channel, count in groups}
        for channel in self:
            channel.waiting_count = counts.get(channel.id, 0)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["slack_id"] = (vals.get("slack_id") or "").strip()
        return super().create(vals_list)

    def write(self, vals):
        if not vals.get("slack_id"):
            return super().write(vals)
        done = super().write({**vals, "slack_id": vals["slack_id"].strip()})
        calm = {"state": "new", "attempts": 0, "paused_until": False, "said": False}
        self.sudo().write(calm)  # what Slack said of the old one; only the product writes it
        return done

    def action_test(self):
        """Send a test message; Slack's answer, explained, appears here."""
        self.check_access("write")
        self.sudo().write({"is_testing": True, "said": self.env._("Asking Slack…")})
        self.env["ipai.slack.message"]._wake()
        return True

    def action_view_messages(self):
        """Open what was told here, and what waits."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ipai_slack_connector.message_action"
        )
        action["domain"] = [("channel_id", "=", self.id)]
        return action

    def _quiet_hours(self):
        return hours.Hours(
            self.zone, self.quiet_from, self.quiet_until, self.digest, self.digest_hour
        )

    def _test_calls(self):
        hello = messages.hello(self.env._("deploys, approvals, backups and alerts"))
        return [("auth.test", {}), ("chat.postMessage", {"channel": self.slack_id, **hello})]

    def _take_test(self, outcomes):
        """Write down what a test found out, in sentences."""
        self.is_testing = False
        first, last = outcomes[0], outcomes[-1]
        told = [self.workspace_id._take_identity(first.data, first.scopes)] if first.ok else []
        if last.ok:
            milliseconds = round(1000 * sum(outcome.seconds for outcome in outcomes))
            told.append(self.env._("The message is there, after %s ms.", milliseconds))
            self.write({"state": "up", "attempts": 0, "paused_until": False})
        else:
            verdict = failures.verdict(last.error, last.status, last.retry_after)
            told.append(verdict.sentence)
            self.state = "failed"
        self.said = "\n".join(told)

    def _works(self):
        """Note that a message arrived; written only when it is news."""
        if self.state != "up" or self.attempts:
            self.write({"state": "up", "attempts": 0, "said": False})

    def _pause(self, seconds, **values):
        until = fields.Datetime.now() + timedelta(seconds=seconds)
        self.write({"paused_until": until, **values})
