"""What somebody in Slack asked for: kept once, done as that person, answered, and remembered."""

from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError

KEEP_DAYS = 180
LATE_MINUTES = 10
FORGET_AT_ONCE = 1000


class Request(models.Model):
    _name = "ipai.slack.request"
    _description = "Request from Slack"
    _product_written = True
    _order = "id desc"
    _rec_name = "words"

    key = fields.Char(required=True, readonly=True, help="Names these bytes of this second.")
    workspace_id = fields.Many2one(
        "ipai.slack.workspace", required=True, ondelete="cascade", readonly=True, index=True
    )
    kind = fields.Selection(
        [("command", "Command"), ("button", "Button"), ("form", "Form")],
        required=True,
        readonly=True,
    )
    person_id = fields.Many2one(
        "ipai.slack.person", required=True, ondelete="cascade", readonly=True, index=True
    )
    user_id = fields.Many2one(
        "res.users", string="Done as", readonly=True, ondelete="set null", index="btree_not_null"
    )
    words = fields.Char(string="Asked", readonly=True)
    action = fields.Char(readonly=True)
    value = fields.Char(readonly=True)
    answers = fields.Json(readonly=True)
    channel = fields.Char(readonly=True)
    response_url = fields.Char(groups=fields.NO_ACCESS)
    run_id = fields.Many2one("ops.run", readonly=True, ondelete="set null", index="btree_not_null")
    state = fields.Selection(
        [
            ("queued", "Waiting"),
            ("running", "Answering"),
            ("done", "Done"),
            ("refused", "Refused"),
        ],
        default="queued",
        required=True,
        readonly=True,
    )
    is_refused = fields.Boolean(readonly=True)
    said = fields.Text(string="Answer", readonly=True)
    answer_problem = fields.Char(readonly=True, help="Why Slack did not take the answer.")
    received_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    answered_at = fields.Datetime(readonly=True)

    _key_once = models.Constraint("UNIQUE(key)", "This request was received already.")
    _open_requests = models.Index("(id) WHERE state IN ('queued', 'running')")

    @api.model
    def _take_in(self, key, values):
        """Keep a request; return it, or an empty set when these very bytes came before."""
        if self.search_count([("key", "=", key)], limit=1):
            return self.browse()
        try:
            with self.env.cr.savepoint():
                return self.create({"key": key, **values})
        except psycopg2.errors.UniqueViolation as exc:
            # The request loop calls again, with a view of the database that shows the other one.
            raise ConcurrencyError("The same request came twice at one moment.") from exc

    def _queue(self):
        """Have it done at once, after this transaction's commit."""
        self.env.ref("ipai_slack_connector.cron_answer").sudo()._trigger()

    def _is_late(self):
        """Say whether too much time passed to do it still: nobody expects it any more."""
        return self.received_at < fields.Datetime.now() - timedelta(minutes=LATE_MINUTES)

    @api.model
    def _cron_answer(self):
        """Do what people asked for and answer them; called by the scheduler."""
        from .. import driver

        driver.answer(self.env)

    @api.autovacuum
    def _gc_requests(self):
        """Forget requests of half a year ago; a replay is refused by its age long before."""
        before = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("received_at", "<", before)], limit=FORGET_AT_ONCE)
        old.unlink()
        return len(old), len(old) if len(old) == FORGET_AT_ONCE else 0
