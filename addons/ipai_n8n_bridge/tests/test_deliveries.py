"""From facts to webhooks: filters, order, retries, breaker, giving up, replay."""

import json
from datetime import timedelta
from unittest.mock import patch

import jsonschema

from odoo import fields
from odoo.addons.ipai_ops.tests.common import SHA
from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_open

from .. import driver
from ..engine import signature
from .common import N8nMixin


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestDeliveries(N8nMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()

    def setUp(self):
        super().setUp()
        self.listener = self.listen()
        # The test's transaction is never committed: that is Odoo's rule for this kind of test.
        self.enterContext(patch.object(self.env.cr, "commit", self.env.flush_all))

    def work(self):
        self.settle_facts()
        driver.work(self.env, turn_seconds=20)
        self.env.invalidate_all()

    def later(self, **units):
        """Let the waiting ones be due, as if time had passed."""
        waiting = self.deliveries.search([("state", "=", "waiting")])
        waiting.next_try_at = fields.Datetime.now() - timedelta(seconds=1)
        if self.n8n.open_until:
            self.n8n.open_until = fields.Datetime.now() - timedelta(seconds=1)

    def test_while_the_key_of_the_secrets_is_lost_all_waits_and_the_server_says_why(self):
        self.note()
        self.env.invalidate_all()
        with patch.dict("os.environ", {"IPAI_SECRETS_KEY_FILE": "/nonexistent/secrets"}):
            self.work()
        self.assertEqual(self.deliveries.search([]).mapped("state"), ["waiting"])
        self.assertIn("is not in /nonexistent/secrets", self.n8n.health_said)
        self.later()
        self.work()
        self.assertEqual(len(self.listener.facts()), 1)

    def test_a_fact_arrives_signed_and_fits_the_schema(self):
        self.subscription.kinds = "run.*"
        run = self.finish(self.make_environment()._deploy("push", SHA))
        self.listener.text = '{"executionId": "42"}'
        with patch.object(driver, "_watch_executions"):  # there is no API behind the listener
            self.work()
        with file_open("ipai_n8n_bridge/data/message.v1.schema.json") as file:
            schema = json.load(file)
        secret = self.n8n.sudo().signing_secret
        for path, headers, body in self.listener.messages:
            jsonschema.validate(json.loads(body), schema)
            self.assertEqual(path, "/webhook/facts")
            now = int(headers["X-Ipai-Timestamp"])
            self.assertTrue(signature.is_valid(secret, headers, body, now))
        kinds = [fact["kind"] for fact in self.listener.facts() if fact["run"]["id"] == run.id]
        self.assertEqual(kinds, ["run.queued", "run.started", "run.finished"])
        delivery = self.deliveries.search([("run_id", "=", run.id)], limit=1)
        self.assertEqual((delivery.state, delivery.status), ("delivered", 200))
        self.assertEqual((delivery.execution, run.n8n_delivery_count), ("42", 3))

    def test_filters_choose_facts_by_kind_project_environment_and_stage(self):
        other = self.make_environment()
        for wish in (
            {"kinds": "alert.*"},
            {"stage": "staging"},
            {"environment_ids": other.ids},
            {"project_ids": self.project.copy({"name": "B", "code": "b"}).ids},
        ):
            with self.subTest(wish):
                empty = {"kinds": "test.*", "stage": False}
                empty |= {"environment_ids": [(5,)], "project_ids": [(5,)]}
                links = {key: [(6, 0, v)] if key.endswith("ids") else v for key, v in wish.items()}
                self.subscription.write({**empty, **links})
                self.note()
                self.work()
                self.assertFalse(self.listener.messages)

    def test_one_that_fails_is_tried_again_with_the_same_id_and_in_order(self):
        self.listener.status = 503
        for number in range(3):
            self.note(number)
        self.work()
        self.assertEqual(len(self.listener.messages), 1, "the others wait behind the first")
        self.listener.status = 200
        self.later()
        self.work()
        self.assertEqual([fact["data"]["number"] for fact in self.listener.facts()], [0, 0, 1, 2])
        ids = [headers["X-Ipai-Delivery"] for _path, headers, _body in self.listener.messages]
        self.assertEqual(ids[0], ids[1])
        self.assertEqual(len(set(ids)), 3)

    def test_an_environment_that_fails_does_not_hold_back_another(self):
        other = self.make_environment()
        bad = str(self.production.slug).encode()
        self.listener.status = lambda body: 500 if b'"slug":"' + bad in body else 200
        self.note(1)
        self.note(2, other)
        self.work()
        states = {d.environment_id: d.state for d in self.deliveries.search([])}
        self.assertEqual(states, {self.production: "waiting", other: "delivered"})

    def test_a_server_that_is_down_is_spared_and_loses_nothing(self):
        self.n8n.url = "http://127.0.0.1:9"
        environments = [self.make_environment(f"e{number}") for number in range(8)]
        for number, environment in enumerate(environments):
            self.note(number, environment)
        self.work()
        tried = self.deliveries.search_count([("attempts", ">", 0)])
        self.assertEqual(tried, 5, "the breaker opens at the fifth failure")
        self.assertGreater(self.n8n.open_until, fields.Datetime.now())
        self.n8n.url = self.listener.url
        self.later()
        self.work()
        self.assertEqual(len(self.listener.messages), 8)
        self.assertEqual((self.n8n.failures, bool(self.n8n.open_until)), (0, False))

    def test_a_week_of_facts_while_n8n_is_down_arrives_in_order(self):
        self.n8n.url = "http://127.0.0.1:9"
        count = 400
        for number in range(count):
            self.note(number)
        self.work()
        week = timedelta(days=7)
        self.deliveries.search([]).noted_at = fields.Datetime.now() - week
        self.n8n.url = self.listener.url
        self.later()
        self.work()
        numbers = [fact["data"]["number"] for fact in self.listener.facts()]
        self.assertEqual(numbers, list(range(count)))

    def test_a_refused_one_is_given_up_says_why_and_can_be_sent_again(self):
        self.listener.status = 404
        self.note()
        for _turn in range(8):
            self.work()
            self.later()
        delivery = self.deliveries.search([])
        self.assertEqual((delivery.state, delivery.attempts), ("dead", 8))
        self.assertIn("activate it", delivery.error)
        self.assertFalse(self.n8n.open_until, "the server itself is well")
        self.listener.status = 200
        delivery.with_user(self.manager).action_replay()
        self.work()
        self.assertEqual((delivery.state, len(self.listener.messages)), ("delivered", 9))

    def test_a_sender_that_died_in_the_middle_sends_again(self):
        self.note()
        self.settle_facts()
        self.deliveries._plan(self.env.ref("ipai_n8n_bridge.consumer")._take())
        self.deliveries.search([])._begin_sending(1)
        self.work()
        self.assertEqual(len(self.listener.messages), 1)
        self.assertEqual(self.deliveries.search([]).state, "delivered")

    def test_a_fact_planned_twice_is_sent_once(self):
        fact = self.note()
        self.deliveries._plan(fact)
        self.deliveries._plan(fact)
        self.assertEqual(len(self.deliveries.search([])), 1)

    def test_an_archived_server_waits(self):
        self.note()
        self.n8n.active = False
        self.work()
        self.assertFalse(self.listener.messages)
