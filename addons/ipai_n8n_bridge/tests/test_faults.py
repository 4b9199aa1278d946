"""Answers nobody expects, and faults of our own: each stays where it is, the others go on."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.ipai_ops.tests.common import SHA
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import N8nMixin

DRIVER = "odoo.addons.ipai_n8n_bridge.driver"


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestFaults(N8nMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()

    def setUp(self):
        super().setUp()
        self.listener = self.listen()

    def delivered(self):
        return self.deliveries.search([("state", "=", "delivered")])

    def test_an_answer_that_cannot_be_stored_is_kept_as_far_as_it_can(self):
        self.listener.text = "done\x00 and well"
        self.note()
        self.drive()
        self.assertEqual(self.delivered().answer, "done\ufffd and well")

    def test_an_endless_answer_is_not_read_to_its_end(self):
        self.listener.is_endless = True
        self.note()
        self.drive()
        self.assertEqual(self.delivered().answer, "x" * 2000)

    def test_what_is_no_execution_of_n8n_is_said_and_asked_for_once(self):
        self.listener.text = '{"executionId": "../workflows"}'
        self.note()
        self.drive()
        delivery = self.delivered()
        self.assertEqual(delivery.execution_state, "unknown")
        self.assertIn("no execution of n8n", delivery.error)
        asked = [path for path, _headers, _body in self.listener.messages if "api" in path]
        self.assertFalse(asked)

    def test_an_execution_is_asked_after_again_where_n8n_was_away(self):
        self.listener.text = '{"executionId": "42", "status": "success", "workflowId": "w"}'
        self.listener.status = lambda body: 200 if body else 503
        self.note()
        triggers = self.env["ir.cron.trigger"]
        known = triggers.search([])
        self.drive()
        delivery = self.delivered()
        self.assertFalse(delivery.execution_state)
        again = (triggers.search([]) - known).mapped("call_at")
        self.assertGreater(max(again), fields.Datetime.now() + timedelta(seconds=30))
        self.listener.status = 200
        self.drive()
        self.assertEqual((delivery.execution_state, delivery.workflow_key), ("success", "w"))

    def test_a_stranger_at_the_address_is_named_by_the_test_button_and_holds_up_nothing(self):
        for text in ('{"ok": true}', "[]", '{"data": [1]}', '{"data": [{}]}', "<html>"):
            with self.subTest(text):
                self.listener.text = text
                self.n8n.with_user(self.manager).action_test()
                self.note()
                self.drive()
                order = self.env["ipai.n8n.order"].search([], limit=1)
                self.assertEqual((order.state, self.n8n.health), ("failed", "unwell"))
                self.assertIn("is not n8n", self.n8n.health_said)
                self.assertFalse(self.deliveries.search([("state", "!=", "delivered")]))

    def test_a_bridge_that_fails_stops_no_run_and_tells_of_it_afterwards(self):
        self.subscription.kinds = "run.*"
        broken = patch.object(type(self.deliveries), "_plan", side_effect=KeyError("odd"))
        with broken:
            run = self.finish(self.make_environment()._deploy("push", SHA))
            with self.assertRaises(KeyError):
                self.drive()
        self.assertEqual(run.state, "done")
        self.drive()
        told = [fact["kind"] for fact in self.listener.facts() if fact["run"]["id"] == run.id]
        self.assertEqual(told, ["run.queued", "run.started", "run.finished"])

    @mute_logger(DRIVER)
    def test_a_delivery_the_server_stumbles_over_is_set_aside_and_can_be_sent_again(self):
        self.deliveries._plan(self.note(1))
        odd = self.deliveries.search([])
        body, odd.body = odd.body, False
        self.note(2)
        self.drive()
        self.assertEqual(odd.state, "dead")
        self.assertIn("its log says why", odd.error)
        self.assertEqual([fact["data"]["number"] for fact in self.listener.facts()], [2])
        odd.body = body
        odd.with_user(self.manager).action_replay()
        self.drive()
        self.assertEqual(odd.state, "delivered")

    @mute_logger(DRIVER)
    def test_a_question_the_server_stumbles_over_does_not_hold_up_the_next(self):
        orders = self.env["ipai.n8n.order"]
        odd = orders.with_user(self.manager)._place(self.n8n, "activate")  # it names no workflow
        self.listener.text = '{"data": []}'
        well = orders.with_user(self.manager)._place(self.n8n, "test")
        self.drive()
        self.assertEqual((odd.sudo().state, well.sudo().state), ("failed", "done"))
        self.assertIn("its log says why", odd.sudo().said)
