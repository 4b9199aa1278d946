"""Who reads the facts, and how far: each reader has a place of its own and loses nothing.

A place is (xid, id). A fact can be taken when its transaction's number lies below the oldest one that
still writes in this database: from then on nothing can appear before it. A late commit therefore
delays the facts behind it and is never passed over. See PostgreSQL's "Snapshot Information Functions".
Transactions of other databases on the server are left out where their numbers can be seen; one that
cannot be told apart counts as ours.
"""

from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

HORIZON = SQL(
    """
    coalesce(
        (SELECT open.xid FROM pg_snapshot_xip(pg_current_snapshot()) AS open(xid)
          WHERE NOT EXISTS (SELECT FROM pg_stat_activity AS other
                             WHERE other.backend_xid = open.xid::xid
                               AND other.datname <> current_database())
          ORDER BY open.xid LIMIT 1),
        pg_snapshot_xmax(pg_current_snapshot()))
    """
)
NEXT = SQL("pg_snapshot_xmax(pg_current_snapshot())")
FORGET_AT_ONCE = 10_000


class FactConsumer(models.Model):
    _name = "ops.fact.consumer"
    _description = "Reader of facts"
    _product_written = True
    _order = "name"

    name = fields.Char(required=True, readonly=True)
    active = fields.Boolean(
        default=True, help="Facts are not kept for a reader that is switched off."
    )
    cron_id = fields.Many2one("ir.cron", readonly=True, ondelete="cascade", index="btree_not_null")
    cursor_xid = fields.Char(readonly=True, default="0")
    cursor_id = fields.Integer(readonly=True)
    taken_count = fields.Integer(string="Facts taken", readonly=True)
    last_taken_at = fields.Datetime(readonly=True)
    waiting_count = fields.Integer(string="Facts waiting", compute="_compute_waiting_count")

    _name_unique = models.Constraint("UNIQUE(name)", "A reader of that name is registered.")

    def _compute_waiting_count(self):
        for consumer in self:
            [(count,)] = self.env.execute_query(
                SQL("SELECT count(*) FROM ops_fact WHERE %s", consumer._beyond())
            )
            consumer.waiting_count = count

    @api.model_create_multi
    def create(self, vals_list):
        """A new reader begins now: earlier facts are not news."""
        [(horizon,)] = self.env.execute_query(SQL("SELECT %s::text", HORIZON))
        return super().create([{"cursor_xid": horizon, **vals} for vals in vals_list])

    @api.model
    def _subscribe(self, name, cron=None):
        """Return the reader of this name, made when it is new; ``cron`` is woken by each fact.

        The row goes with the cron, and so with the addon that brought it.
        """
        known = self.sudo().with_context(active_test=False).search([("name", "=", name)])
        return known or self.sudo().create({"name": name, "cron_id": cron.id if cron else False})

    def _take(self, limit=100):
        """Return the next facts in order and move the cursor past them, in this transaction.

        Empty when there is nothing, or another worker holds the cursor. A rollback gives them back.
        """
        self.ensure_one()
        consumer = self.sudo()  # readers work for the product, not for a person
        if not consumer.try_lock_for_update():
            return self.env["ops.fact"].sudo()
        rows = self.env.execute_query(consumer._next(limit))
        if rows:
            xid, last_id = rows[-1]
            taken = consumer.taken_count + len(rows)
            values = {"cursor_xid": xid, "cursor_id": last_id, "taken_count": taken}
            consumer.write({**values, "last_taken_at": fields.Datetime.now()})
        if len(rows) < limit:
            consumer._come_back_for_unsettled()
        return self.env["ops.fact"].sudo().browse([fact_id for _xid, fact_id in rows])

    def _next(self, limit):
        return SQL(
            "SELECT xid::text, id FROM ops_fact WHERE %s AND xid < %s ORDER BY xid, id LIMIT %s",
            *(self._beyond(), HORIZON, limit),
        )

    def _beyond(self):
        """Return the condition of the facts not taken yet."""
        return SQL("(xid, id) > (%s::xid8, %s)", self.cursor_xid or "0", self.cursor_id)

    def _come_back_for_unsettled(self):
        """Look again in a second where facts wait for an older transaction to end."""
        unsettled = SQL(
            "SELECT 1 FROM ops_fact WHERE %s AND xid >= %s LIMIT 1", self._beyond(), HORIZON
        )
        if self.cron_id and self.env.execute_query(unsettled):
            self.cron_id._trigger(fields.Datetime.now() + timedelta(seconds=1))

    @api.model
    def _wake_after_commit(self):
        """Wake the readers' crons once for all facts of this transaction."""
        if not self.env.cr.precommit.data.setdefault("ops.fact.wake", False):
            self.env.cr.precommit.data["ops.fact.wake"] = True
            self.env.cr.precommit.add(self.sudo()._wake)

    def _wake(self):
        """Have the readers' crons called: one notice for all, none for those that are called anyway."""
        crons, now = self.search([]).cron_id.filtered("active"), fields.Datetime.now()
        crons -= self._called_after_this(crons, now)
        self.env["ir.cron.trigger"].create([{"cron_id": each.id, "call_at": now} for each in crons])
        if crons:
            self.env.cr.postcommit.add(crons[0]._notifydb)

    @api.model
    def _called_after_this(self, crons, now):
        """Return the crons that a waiting call will run once this transaction is over.

        A call that has begun has its row locked: it may have looked already, and is passed over.
        One that has not cannot begin before the commit, for the lock taken here holds it up.
        """
        query = SQL(
            "SELECT cron_id FROM ir_cron_trigger WHERE cron_id = ANY(%s) AND call_at <= %s"
            " FOR SHARE SKIP LOCKED",
            crons.ids,
            now,
        )
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(query, log_exceptions=False)
                return crons.browse({row[0] for row in self.env.cr.fetchall()})
        except SerializationFailure:  # a call ended meanwhile: nobody knows what it has seen
            return crons.browse()

    @api.model
    def _late_crons(self):
        """Return the crons of the readers, for the second look of ``_wake_late_driver``."""
        return self.search([]).cron_id

    @api.model
    def _forget_taken(self, keep_days):
        """Delete facts older than ``keep_days`` that every reader took; return (done, left)."""
        before = fields.Datetime.now() - timedelta(days=keep_days)
        taken = [SQL("NOT %s", consumer._beyond()) for consumer in self.search([])]
        condition = SQL(" AND ").join([SQL("at < %s", before), *taken])
        old = SQL("SELECT id FROM ops_fact WHERE %s LIMIT %s", condition, FORGET_AT_ONCE)
        query = SQL("DELETE FROM ops_fact WHERE id IN (%s) RETURNING id", old)
        done = len(self.env.execute_query(query))
        self.env["ops.fact"].invalidate_model()
        return done, 0 if done < FORGET_AT_ONCE else 1

    def _register_hook(self):
        """Numbers of transactions begin anew where a database was restored on another server."""
        super()._register_hook()
        [(is_restored,)] = self.env.execute_query(
            SQL("SELECT EXISTS (SELECT FROM ops_fact WHERE xid > %s)", NEXT)
        )
        if is_restored or self.search([])._is_ahead():
            self._begin_anew()

    def _is_ahead(self):
        [(now,)] = self.env.execute_query(SQL("SELECT %s::text", NEXT))
        return any(int(consumer.cursor_xid) > int(now) for consumer in self)

    def _begin_anew(self):
        """Number all facts as old; each reader goes on at its oldest untaken one."""
        for consumer in self.search([]):
            query = SQL("SELECT min(id) - 1 FROM ops_fact WHERE %s", consumer._beyond())
            [(oldest,)] = self.env.execute_query(query)
            [(newest,)] = self.env.execute_query(SQL("SELECT coalesce(max(id), 0) FROM ops_fact"))
            consumer.write({"cursor_xid": "3", "cursor_id": newest if oldest is None else oldest})
        self.env.execute_query(SQL("UPDATE ops_fact SET xid = '3' RETURNING id"))
