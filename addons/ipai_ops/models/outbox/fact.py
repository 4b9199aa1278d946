"""What happened, one row per fact, written in the transaction that made it happen.

The pattern is the transactional outbox. Sequences are no order: a transaction that took a low id may
commit after one with a higher id. So each row keeps its transaction's number (``xid``), and readers
see a row only once every transaction up to that number has ended: see ``fact_consumer.py``.
"""

import json

from odoo import api, fields, models
from odoo.tools import SQL

FACT_KINDS = [
    ("run.queued", "A run was queued"),
    ("run.started", "A run began"),
    ("run.finished", "A run ended, well or not"),
    ("run.cancelled", "A run was cancelled"),
    ("run.superseded", "A waiting run gave way to a newer one"),
    ("build.finished", "A build got its colour"),
    ("environment.created", "An environment was made"),
    ("environment.destroyed", "An environment is gone"),
    ("approval.asked", "A run waits for approval"),
    ("approval.decided", "An approval was decided"),
    ("backup.proven", "A backup was restored and checked"),
    ("backup.failed", "A backup or its proof failed"),
    ("archive.failed", "Times of an environment cannot be asked for any more"),
    ("alert.raised", "An alert was raised"),
    ("alert.acknowledged", "Somebody looks after an alert"),
    ("alert.silenced", "An alert was silenced"),
    ("alert.resolved", "An alert is over"),
]
RUN_FACTS = ("id", "kind", "state", "trigger", "ref", "commit", "commit_subject", "commit_author")
ENVIRONMENT_FACTS = ("id", "name", "slug", "stage", "state", "branch", "url")
PROJECT_FACTS = ("id", "code", "name")
FACT_KEEP_DAYS = 30


class Fact(models.Model):
    _name = "ops.fact"
    _description = "Fact"
    _product_written = True
    _order = "id desc"
    _rec_name = "kind"
    _log_access = False

    kind = fields.Char(required=True, readonly=True, help="For instance run.finished.")
    key = fields.Char(readonly=True, help="What makes the fact unique: it is noted once.")
    at = fields.Datetime(required=True, readonly=True)
    project_id = fields.Many2one("ops.project", readonly=True, index=True, ondelete="set null")
    environment_id = fields.Many2one(
        "ops.environment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    run_id = fields.Many2one("ops.run", readonly=True, index="btree_not_null", ondelete="set null")
    user_id = fields.Many2one("res.users", string="By", readonly=True, ondelete="set null")
    stage = fields.Char(readonly=True)
    payload = fields.Json(readonly=True)
    payload_text = fields.Text(string="Details", compute="_compute_payload_text")

    _key_unique = models.UniqueIndex("(key) WHERE key IS NOT NULL", "The fact is known already.")

    def init(self):
        """Keep the writing transaction's number; an ORM field could not hold 64 bits."""
        self.env.cr.execute(
            "ALTER TABLE ops_fact ADD COLUMN IF NOT EXISTS xid xid8 DEFAULT pg_current_xact_id()"
        )
        self.env.cr.execute("CREATE INDEX IF NOT EXISTS ops_fact__order ON ops_fact (xid, id)")

    @api.depends("payload")
    def _compute_payload_text(self):
        for fact in self:
            fact.payload_text = json.dumps(fact.payload, indent=2, ensure_ascii=False)

    @api.model
    def _note(self, kind, record=None, key=None, **payload):
        """Note a fact in this transaction and wake its readers after the commit; return it.

        ``record``: the ops.run, ops.environment or ops.project it is about. ``payload``: plain JSON
        without secrets. ``key`` makes the fact exactly-once: a second one returns an empty set.
        """
        run, environment, project = self._place(record)
        told = {**self._circumstances(run, environment, project), "data": payload}
        user = self.env.user if self.env["ops.run"]._is_person(self.env.user) else None
        query = SQL(
            """
            INSERT INTO ops_fact (kind, key, at, project_id, environment_id, run_id, user_id,
                                  stage, payload)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING RETURNING id
            """,
            *(kind, key, fields.Datetime.now()),
            *(project.id or None, environment.id or None, run.id or None, user and user.id),
            *(environment.stage or None, json.dumps(told, default=str)),
        )
        rows = self.env.execute_query(query)
        if rows:
            self.env["ops.fact.consumer"]._wake_after_commit()
        return self.browse([row[0] for row in rows])

    @api.model
    def _place(self, record):
        """Return the run, the environment and the project a record stands for."""
        empty = [self.env[name].sudo() for name in ("ops.run", "ops.environment", "ops.project")]
        if not record:
            return empty
        record = record.sudo()  # the fact is told by the product, whoever caused it
        if record._name == "ops.run":
            return record, record.environment_id, record.project_id
        if record._name == "ops.environment":
            return empty[0], record, record.project_id
        return empty[0], empty[1], record

    @api.model
    def _circumstances(self, run, environment, project):
        """Return what a reader wants to know of the place, as it is now: it may be gone later."""
        parts = (
            ("project", project, PROJECT_FACTS),
            ("environment", environment, ENVIRONMENT_FACTS),
            ("run", run, RUN_FACTS),
        )
        return {
            part: {name: record[name] or None for name in names}
            for part, record, names in parts
            if record
        }

    def _as_json(self):
        """Return the facts as plain mappings: id, kind, at, project, environment, run, data."""
        return [
            {"id": fact.id, "kind": fact.kind, "at": fact.at.isoformat() + "Z", **fact.payload}
            for fact in self
        ]

    @api.autovacuum
    def _gc_facts(self):
        """Forget old facts that every reader has taken."""
        return self.env["ops.fact.consumer"]._forget_taken(FACT_KEEP_DAYS)
