"""One message to one webhook: what was asked, what was answered, how long it took."""

import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..engine import circuit, message, outcome, signature

KEEP_DAYS = 30
WATCHED_AT_ONCE = 20
AWAY_SECONDS = 60


class N8nDelivery(models.Model):
    _name = "ipai.n8n.delivery"
    _description = "n8n delivery"
    _product_written = True
    _order = "id desc"
    _rec_name = "uuid"

    uuid = fields.Char(string="Id", required=True, readonly=True)
    subscription_id = fields.Many2one(
        "ipai.n8n.subscription", required=True, readonly=True, ondelete="cascade", index=True
    )
    server_id = fields.Many2one(related="subscription_id.server_id", store=True, index=True)
    fact_id = fields.Many2one("ops.fact", readonly=True, ondelete="set null", index=True)
    kind = fields.Char(readonly=True)
    project_id = fields.Many2one("ops.project", readonly=True, ondelete="set null", index=True)
    environment_id = fields.Many2one(
        "ops.environment", readonly=True, ondelete="set null", index="btree_not_null"
    )
    run_id = fields.Many2one("ops.run", readonly=True, ondelete="set null", index="btree_not_null")
    lane = fields.Integer(readonly=True, help="Deliveries of one environment go in order.")
    body = fields.Text(readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sending", "Sending"),
            ("delivered", "Delivered"),
            ("dead", "Given up"),
        ],
        default="waiting",
        required=True,
        readonly=True,
    )
    attempts = fields.Integer(readonly=True)
    refusals = fields.Integer(readonly=True)
    noted_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    next_try_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    sent_at = fields.Datetime(readonly=True)
    status = fields.Integer(string="HTTP status", readonly=True)
    answer = fields.Text(readonly=True)
    latency_ms = fields.Integer(string="Latency (ms)", readonly=True, aggregator="avg")
    error = fields.Char(string="What happened", readonly=True)
    execution = fields.Char(string="n8n execution", readonly=True)
    execution_state = fields.Char(readonly=True)
    workflow_key = fields.Char(string="Workflow's id in n8n", readonly=True)
    execution_url = fields.Char(string="In n8n", compute="_compute_execution_url")

    _uuid_unique = models.Constraint("UNIQUE(uuid)", "That delivery is known.")
    _once = models.UniqueIndex("(subscription_id, fact_id)", "The fact is planned already.")
    _lane_index = models.Index("(subscription_id, lane, id) WHERE state IN ('waiting','sending')")

    @api.depends("server_id.url", "workflow_key", "execution")
    def _compute_execution_url(self):
        for delivery in self:
            root = (delivery.server_id.url or "").rstrip("/")
            place = f"{root}/workflow/{delivery.workflow_key}/executions/{delivery.execution}"
            delivery.execution_url = delivery.workflow_key and delivery.execution and place

    @api.model
    def _plan(self, facts):
        """Make a delivery for each subscription that wants a fact; known ones are passed over."""
        subscriptions = self.env["ipai.n8n.subscription"].search([])
        known = self.search([("fact_id", "in", facts.ids)])
        planned = {(delivery.subscription_id.id, delivery.fact_id.id) for delivery in known}
        self.create(
            [
                self._values(subscription, fact)
                for fact in facts
                for subscription in subscriptions
                if (subscription.id, fact.id) not in planned and subscription._wants(fact)
            ]
        )

    @api.model
    def _values(self, subscription, fact):
        message_id = str(uuid.uuid4())
        [told] = fact._as_json()
        return {
            "uuid": message_id,
            "subscription_id": subscription.id,
            "fact_id": fact.id,
            "kind": fact.kind,
            "project_id": fact.project_id.id,
            "environment_id": fact.environment_id.id,
            "run_id": fact.run_id.id,
            "lane": (fact.payload.get("environment") or {}).get("id") or 0,
            "body": message.body(message_id, told),
        }

    @api.model
    def _recover(self):
        """One worker sends at a time: what is still being sent was left by one that died."""
        left = self.search([("state", "=", "sending")])
        left.write({"state": "waiting", "error": self.env._("The sender died: sent once more.")})

    @api.model
    def _due(self, limit):
        """Return what may be sent now, oldest first; a lane waits behind its first."""
        self.flush_model()
        query = SQL(
            """
            SELECT delivery.id FROM ipai_n8n_delivery AS delivery
             WHERE delivery.state = 'waiting' AND NOT EXISTS (
                   SELECT FROM ipai_n8n_delivery AS earlier
                    WHERE earlier.subscription_id = delivery.subscription_id
                      AND earlier.lane = delivery.lane AND earlier.id <= delivery.id
                      AND earlier.state IN ('waiting', 'sending') AND earlier.next_try_at > %s)
               AND EXISTS (SELECT FROM ipai_n8n_server AS server
                            WHERE server.id = delivery.server_id AND server.active
                              AND (server.open_until IS NULL OR server.open_until <= %s))
             ORDER BY delivery.id LIMIT %s
            """,
            *(fields.Datetime.now(), fields.Datetime.now(), limit),
        )
        return self.browse([row[0] for row in self.env.execute_query(query)])

    def _begin_sending(self, timestamp):
        """Write the intent down; return the address, the headers and the body."""
        self.write(
            {
                "state": "sending",
                "attempts": self.attempts + 1,
                "sent_at": fields.Datetime.now(),
            }
        )
        body, server = self.body.encode(), self.server_id
        headers = signature.headers(server.signing_secret, timestamp, self.uuid, body)
        headers["X-Ipai-Fact"] = self.kind
        return self.subscription_id.url, headers, body

    def _note_answer(self, answer, now, dice):
        """Write the outcome down: delivered, once more, or given up."""
        refusals = self.refusals + int(answer.is_refusal)
        age = (now - self.noted_at) / timedelta(days=1)
        state = "delivered" if answer.is_delivered else "waiting"
        if not answer.is_delivered and outcome.is_hopeless(answer, refusals, age):
            state = "dead"
        delay = circuit.delay_seconds(self.attempts, dice)
        self.write(
            {
                "state": state,
                "refusals": refusals,
                "next_try_at": now + timedelta(seconds=delay),
                "status": answer.status,
                "answer": answer.text,
                "latency_ms": answer.milliseconds,
                "error": outcome.sentence(answer),
                "execution": message.execution_of(answer.text) if answer.is_delivered else False,
            }
        )
        self.server_id._note_try(answer.is_server_well, now)

    def _set_aside(self):
        """Give up what a fault of our own keeps from being sent; it can be sent again."""
        said = self.env._("This server has a fault and did not send it: its log says why.")
        self.exists().write({"state": "dead", "error": said})

    def action_replay(self):
        """Send again what was given up or delivered, with the same id."""
        self.check_access("read")
        if not self.env.user.has_group("ipai_ops.group_manager"):
            raise AccessError(self.env._("Only managers send deliveries again."))
        ended = self.sudo().filtered(lambda one: one.state in ("dead", "delivered"))
        ended.write(
            {
                "state": "waiting",
                "refusals": 0,
                "noted_at": fields.Datetime.now(),
                "next_try_at": fields.Datetime.now(),
                "execution_state": False,
            }
        )
        self.env.ref("ipai_n8n_bridge.cron_work").sudo()._trigger()
        return True

    @api.model
    def _watched(self):
        """Return recent deliveries whose execution has not ended, where n8n can be asked."""
        recent = fields.Datetime.now() - timedelta(days=1)
        asked = self.env["ipai.n8n.server"].search([]).filtered("has_api_key")
        domain = [
            ("execution", "!=", False),
            ("sent_at", ">", recent),
            ("execution_state", "not in", ("success", "error", "canceled", "crashed", "unknown")),
            ("server_id", "in", asked.ids),
        ]
        return self.search(domain, limit=WATCHED_AT_ONCE)

    def _note_execution(self, state, said=None, workflow=None):
        told = {"error": said, "workflow_key": workflow}
        known = {name: value for name, value in told.items() if value}
        self.write({"execution_state": state, **known})

    @api.model
    def _come_back(self, away):
        """Have the scheduler call again when the next delivery is due, or an execution may end."""
        now = fields.Datetime.now()
        waiting = self.search([("state", "=", "waiting")], order="next_try_at", limit=1)
        moments = [waiting.next_try_at] if waiting else []
        for server in self._watched().server_id:
            moments.append(now + timedelta(seconds=AWAY_SECONDS if server in away else 5))
        if moments:
            soon = max(min(moments), now + timedelta(seconds=1))
            self.env.ref("ipai_n8n_bridge.cron_work")._trigger(soon)

    @api.autovacuum
    def _gc_deliveries(self):
        """Forget what was delivered a month ago."""
        before = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("state", "=", "delivered"), ("sent_at", "<", before)], limit=5000)
        old.unlink()
        return len(old), 0
