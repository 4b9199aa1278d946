"""Readers under concurrent writers on the real PostgreSQL: nothing passed over, nothing twice."""

import random
from contextlib import ExitStack

from psycopg2.errors import LockNotAvailable

from odoo import fields
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

SEEDS = range(12)
WRITERS = 6
MOVES = 120


@tagged("post_install", "-at_install", "ipai_ops")
class TestFactOrder(BaseCase):
    """Random interleavings of open, write, commit, roll back and read, each on its own connection.

    What is committed here is taken away again at the end.
    """

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self.remove)
        with self.registry.cursor() as cursor:
            readers = Environment(cursor, SUPERUSER_ID, {})["ops.fact.consumer"]
            self.reader_id = readers._subscribe("order test").id

    def remove(self):
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            env["ops.fact.consumer"].browse(self.reader_id).unlink()
            cursor.execute("DELETE FROM ops_fact WHERE kind = 'order.test'")

    def read(self, limit=7):
        with self.registry.cursor() as cursor:
            reader = Environment(cursor, SUPERUSER_ID, {})["ops.fact.consumer"]
            facts = reader.browse(self.reader_id)._take(limit)
            ours = facts.filtered(lambda fact: fact.kind == "order.test")
            return [tuple(fact.payload["data"]["mark"]) for fact in ours]

    def test_a_transaction_that_commits_late_is_not_passed_over(self):
        with ExitStack() as stack:
            early, late = self.open(stack), self.open(stack)
            self.note(early, 0, 1)
            self.note(late, 1, 1)
            late.commit()
            self.assertEqual(
                self.read(), [], "an older transaction may still add to what is before"
            )
            early.commit()
            self.assertEqual(self.read(), [(0, 1), (1, 1)])

    def test_a_rollback_of_the_reader_gives_the_facts_back(self):
        with ExitStack() as stack:
            writer = self.open(stack)
            self.note(writer, 0, 2)
            writer.commit()
            reader = self.open(stack)
            taken = Environment(reader, SUPERUSER_ID, {})["ops.fact.consumer"]
            self.assertTrue(taken.browse(self.reader_id)._take())
            reader.rollback()
        self.assertEqual(self.read(), [(0, 2)])

    def test_one_worker_at_a_time_reads(self):
        with ExitStack() as stack:
            writer, reader = self.open(stack), self.open(stack)
            self.note(writer, 0, 3)
            writer.commit()
            first = Environment(reader, SUPERUSER_ID, {})["ops.fact.consumer"]
            self.assertTrue(first.browse(self.reader_id)._take())
            self.assertEqual(self.read(), [], "the other holds the cursor")
            reader.commit()

    def test_any_interleaving_delivers_each_committed_fact_once_in_order(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                committed, read = self.play(random.Random(seed))
                self.assertEqual(sorted(read), sorted(committed))
                self.assertEqual(len(read), len(set(read)))
                for writer in range(WRITERS):
                    own = [mark for mark in read if mark[0] % 100 == writer]
                    self.assertEqual(own, sorted(own, key=lambda mark: mark[1]))

    def play(self, dice):
        """Make random moves; return the marks that were committed and those that were read."""
        committed, read, pending, number = [], [], {}, 0
        with ExitStack() as stack:
            cursors = [self.open(stack) for _writer in range(WRITERS)]
            for _move in range(MOVES):
                writer = dice.randrange(WRITERS)
                move = dice.choice(("note", "note", "note", "commit", "rollback", "read"))
                if move == "note":
                    number += 1
                    self.note(cursors[writer], writer, number)
                    pending.setdefault(writer, []).append((writer, number))
                elif move == "read":
                    read += self.read(dice.randrange(1, 9))
                else:
                    getattr(cursors[writer], move)()
                    marks = pending.pop(writer, [])
                    committed += marks if move == "commit" else []
            for cursor in cursors:
                cursor.rollback()
        while True:
            marks = self.read(50)
            read += marks
            if not marks:
                return committed, read

    def open(self, stack):
        return stack.enter_context(self.registry.cursor())

    @staticmethod
    def note(cursor, writer, number):
        env = Environment(cursor, SUPERUSER_ID, {})
        env["ops.fact"]._note("order.test", mark=[writer, number])


@tagged("post_install", "-at_install", "ipai_ops")
class TestWaking(BaseCase):
    """A call of a reader is asked for again exactly where the waiting one may have looked already."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self.remove)
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            self.cron = env.ref("ipai_ops.cron_poll").id
            env["ops.fact.consumer"]._subscribe("waking test", env["ir.cron"].browse(self.cron))
            cursor.execute("DELETE FROM ir_cron_trigger WHERE cron_id = %s", [self.cron])
            self.trigger(cursor)

    def remove(self):
        with self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            env["ops.fact.consumer"].search([("name", "=", "waking test")]).unlink()
            cursor.execute("DELETE FROM ir_cron_trigger WHERE cron_id = %s", [self.cron])
            cursor.execute("DELETE FROM ops_fact WHERE kind = 'waking.test'")

    def trigger(self, cursor):
        query = "INSERT INTO ir_cron_trigger (cron_id, call_at) VALUES (%s, %s)"
        cursor.execute(query, [self.cron, fields.Datetime.now()])

    def count(self):
        with self.registry.cursor() as cursor:
            query = "SELECT count(*) FROM ir_cron_trigger WHERE cron_id = %s"
            cursor.execute(query, [self.cron])
            return cursor.fetchone()[0]

    def begin_call(self, cursor):
        """Do what the scheduler does first: it takes the waiting calls away, uncommitted."""
        cursor.execute("DELETE FROM ir_cron_trigger WHERE cron_id = %s", [self.cron])

    def note(self, cursor):
        env = Environment(cursor, SUPERUSER_ID, {})
        env["ops.fact"]._note("waking.test")
        cursor.precommit.run()

    def test_a_call_that_waits_is_enough(self):
        with self.registry.cursor() as writer:
            self.note(writer)
        self.assertEqual(self.count(), 1)

    def test_a_call_that_has_begun_may_have_looked_already(self):
        with self.registry.cursor() as scheduler, self.registry.cursor() as writer:
            self.begin_call(scheduler)
            self.note(writer)
            writer.commit()
            scheduler.commit()
        self.assertEqual(self.count(), 1, "asked for anew")

    def test_a_call_that_ended_meanwhile_has_not_seen_the_fact(self):
        with self.registry.cursor() as writer:
            writer.execute("SELECT count(*) FROM ir_cron_trigger")  # its view of the rows begins
            with self.registry.cursor() as scheduler:
                self.begin_call(scheduler)
            self.note(writer)
            writer.commit()
        self.assertEqual(self.count(), 1, "asked for anew")

    def test_a_call_cannot_begin_before_the_fact_it_is_trusted_with_is_there(self):
        with self.registry.cursor() as writer, self.registry.cursor() as scheduler:
            self.note(writer)
            scheduler.execute("SET LOCAL lock_timeout = '200ms'")
            with self.assertRaises(LockNotAvailable), mute_logger("odoo.sql_db"):
                self.begin_call(scheduler)
            scheduler.rollback()
            writer.commit()
            self.begin_call(scheduler)
            scheduler.execute("SELECT count(*) FROM ops_fact WHERE kind = 'waking.test'")
            self.assertEqual(scheduler.fetchone()[0], 1)
