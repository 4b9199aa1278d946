"""The log of facts: one row per fact, in the transaction of what happened."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import OTHER_SHA, SHA, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestFact(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.facts = cls.env["ops.fact"]
        cls.reader = cls.env["ops.fact.consumer"]._subscribe("test reader")

    def kinds(self, record):
        field = "run_id" if record._name == "ops.run" else "environment_id"
        return self.facts.search([(field, "=", record.id)], order="id").mapped("kind")

    def take(self, limit=100):
        self.settle_facts()
        return self.reader._take(limit)

    def test_a_run_tells_its_life(self):
        run = self.finish(self.make_environment()._deploy("push", SHA))
        told = ["run.queued", "run.started", "run.finished", "build.finished"]
        self.assertEqual(self.kinds(run), told)
        last = self.facts.search([("run_id", "=", run.id), ("kind", "=", "run.finished")])
        [told] = last._as_json()
        self.assertEqual(told["project"]["code"], "acme")
        self.assertEqual(told["environment"]["stage"], "development")
        self.assertEqual((told["run"]["state"], told["data"]["colour"]), ("done", "green"))

    def test_a_failed_run_tells_its_cause_and_the_colour_before(self):
        environment = self.make_environment()
        self.finish(environment._deploy("push", SHA))
        run = self.begin(environment._deploy("push", OTHER_SHA)).sudo()
        run.step_ids[0].write({"state": "failed", "cause": "No such branch."})
        run._finish("failed", fields.Datetime.now())
        fact = self.facts.search([("run_id", "=", run.id), ("kind", "=", "run.finished")])
        data = fact.payload["data"]
        self.assertEqual(data["cause"], "No such branch.")
        self.assertEqual((data["colour_before"], data["colour"]), ("green", "red"))

    def test_a_cancelled_and_a_superseded_run_say_so(self):
        environment = self.make_environment()
        first = environment._deploy("push", SHA)
        second = environment._deploy("push", OTHER_SHA)
        second.action_cancel()
        self.assertEqual(self.kinds(first), ["run.queued", "run.superseded"])
        self.assertEqual(self.kinds(second), ["run.queued", "run.cancelled"])

    def test_an_environment_tells_when_it_comes_and_goes(self):
        environment = self.make_environment()
        self.finish(environment._destroy("button"))
        kinds = self.kinds(environment)
        self.assertEqual(kinds[0], "environment.created")
        self.assertEqual(kinds.count("environment.destroyed"), 1)

    def test_a_run_that_is_rolled_back_leaves_no_fact(self):
        environment = self.make_environment()
        before = self.facts.search_count([])
        with self.env.cr.savepoint() as savepoint:
            environment._deploy("push", SHA)
            self.assertGreater(self.facts.search_count([]), before)
            savepoint.rollback()
        self.assertEqual(self.facts.search_count([]), before)

    def test_a_key_is_noted_once(self):
        first = self.facts._note("backup.proven", self.production, key="backup.7.proven", size=1)
        self.assertTrue(first)
        second = self.facts._note("backup.proven", self.production, key="backup.7.proven", size=1)
        self.assertFalse(second)

    def test_a_reader_takes_each_fact_once_in_order(self):
        made = [self.facts._note("test", self.production, number=n).id for n in range(5)]
        self.settle_facts()
        taken = [fact.id for _turn in range(4) for fact in self.reader._take(2)]
        self.assertEqual([fact for fact in taken if fact in made], made)
        self.assertEqual(len(taken), len(set(taken)))

    def test_a_fact_of_an_open_transaction_is_not_taken_yet(self):
        self.facts._note("test", self.production)
        self.assertFalse(self.reader._take())
        self.assertGreaterEqual(self.reader.waiting_count, 1)

    def test_a_new_reader_begins_now(self):
        self.facts._note("test", self.production)
        self.settle_facts()
        self.assertFalse(self.env["ops.fact.consumer"]._subscribe("late reader")._take())

    def test_registering_twice_is_the_same_reader(self):
        self.assertEqual(self.env["ops.fact.consumer"]._subscribe("test reader"), self.reader)

    def test_old_facts_go_when_every_reader_has_them_and_not_before(self):
        fact = self.facts._note("test", self.production)
        fact.sudo().at = fields.Datetime.now() - timedelta(days=60)
        self.env.flush_all()
        self.settle_facts()
        self.facts._gc_facts()
        self.assertTrue(fact.exists(), "a reader that was down for long still finds it")
        for reader in self.env["ops.fact.consumer"].search([]):
            reader._take(10_000)
        self.facts._gc_facts()
        self.assertFalse(fact.exists())

    def test_young_facts_stay(self):
        fact = self.facts._note("test", self.production)
        self.take(10_000)
        self.facts._gc_facts()
        self.assertTrue(fact.exists())

    def test_facts_outlive_what_they_are_about(self):
        environment = self.make_environment()
        fact = self.facts._note("test", environment)
        environment.sudo().unlink()
        self.env.invalidate_all()
        self.assertEqual(fact.payload["environment"]["name"], "feature/pos")
        self.assertFalse(fact.environment_id)

    def test_a_database_restored_on_another_server_loses_no_fact(self):
        taken = self.facts._note("test", self.production, number=1)
        self.take(10_000)
        untaken = self.facts._note("test", self.production, number=2)
        self.env.cr.execute("UPDATE ops_fact SET xid = '4000000000000' WHERE id = %s", [untaken.id])
        self.env.cr.execute("UPDATE ops_fact SET xid = '3999999999999' WHERE id = %s", [taken.id])
        self.reader.cursor_xid, self.reader.cursor_id = "3999999999999", taken.id
        self.env.flush_all()
        self.env["ops.fact.consumer"]._register_hook()
        self.assertEqual(self.reader._take(), untaken)

    def test_a_fact_wakes_the_readers_once_per_transaction(self):
        cron = self.env.ref("ipai_ops.cron_poll")
        self.env["ops.fact.consumer"]._subscribe("woken reader", cron)
        self.env.cr.precommit.clear()
        triggers = [("cron_id", "=", cron.id)]
        before = self.env["ir.cron.trigger"].search_count(triggers)
        self.facts._note("test", self.production)
        self.facts._note("test", self.production)
        self.env.cr.precommit.run()
        self.assertEqual(self.env["ir.cron.trigger"].search_count(triggers), before + 1)
        self.facts._note("test", self.production)
        self.env.cr.precommit.run()  # the call still waits: it will see this fact too
        self.assertEqual(self.env["ir.cron.trigger"].search_count(triggers), before + 1)

    def test_a_call_that_is_later_does_not_count_as_waiting(self):
        cron = self.env.ref("ipai_ops.cron_poll")
        self.env["ops.fact.consumer"]._subscribe("woken reader", cron)
        later = fields.Datetime.now() + timedelta(hours=1)
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).call_at = later
        self.env.flush_all()
        called = self.env["ops.fact.consumer"]._called_after_this(cron, fields.Datetime.now())
        self.assertFalse(called)
