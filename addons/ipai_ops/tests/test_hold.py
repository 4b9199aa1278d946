import time
from datetime import UTC, datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..engine import decide, effects
from ..engine.ports import Observation
from ..engine.testing import PLATFORM
from .common import SHA, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestHold(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deploy = cls.begin(cls.production._deploy("push", SHA)).sudo()
        cls.edge = cls.env["ops.edge"]

    def gate(self, step, is_held):
        self.deploy._record(effects.Gate(step, 1, is_held), datetime.now(UTC))
        return self.deploy._step(step)

    def serve_what_is_wanted(self, edge="one"):
        etag, _text = self.edge._configuration()
        self.edge._note_applied(edge, etag, "")

    def test_a_closed_gate_is_in_the_edges_configuration(self):
        self.gate("hold", is_held=True)
        self.assertIn("# held acme-main.localhost ", self.edge._configuration()[1])

    def test_the_step_is_done_when_the_edge_serves_it_and_not_before(self):
        step = self.gate("hold", is_held=True)
        self.assertIsNone(step._step_state().result)
        self.serve_what_is_wanted()
        self.assertTrue(step._step_state().result["ok"])

    def test_to_let_go_waits_for_no_edge(self):
        self.gate("hold", is_held=True)
        step = self.gate("resume", is_held=False)
        self.assertFalse(self.production.held_until)
        (self.deploy.step_ids - step).state = "done"
        run = self.deploy._run_state()
        [finish] = decide.decide(run, Observation(), datetime.now(UTC), PLATFORM)
        self.assertEqual((finish.step, finish.state), (step.name, "done"))

    def test_what_is_under_way_gets_a_moment_to_end(self):
        step = self.gate("hold", is_held=True)
        before = time.time()
        self.serve_what_is_wanted()
        self.assertGreaterEqual(step._step_state().result["drained_at"], before + 0.5)
        self.assertLess(step._step_state().result["drained_at"], time.time() + 0.6)

    def test_while_one_edge_takes_over_both_must_hold(self):
        self.edge._note_applied("old", '"before"', "")
        step = self.gate("hold", is_held=True)
        self.serve_what_is_wanted("new")
        self.assertIsNone(step._step_state().result)
        self.serve_what_is_wanted("old")
        self.assertTrue(step._step_state().result["ok"])

    def test_an_edge_that_is_gone_is_not_waited_for(self):
        self.edge._note_applied("old", '"before"', "")
        self.edge.search([("name", "=", "old")]).seen_at -= timedelta(seconds=16)
        step = self.gate("hold", is_held=True)
        self.serve_what_is_wanted("new")
        self.assertTrue(step._step_state().result["ok"])

    def test_the_edge_hurries_while_the_step_before_a_hold_is_under_way(self):
        steps = self.deploy.step_ids.sorted("sequence")
        hold = steps.filtered(lambda step: step.kind == "hold")
        before = steps.filtered(lambda step: step.sequence < hold.sequence)
        self.assertGreater(len(before), 1)
        before[0].state = "running"
        self.assertFalse(self.env["ops.run.step"]._is_hold_near(), "there is more to do before it")
        before[:-1].state = "done"
        before[-1].state = "running"
        self.assertTrue(self.env["ops.run.step"]._is_hold_near())
        hold.state = "running"
        self.assertFalse(self.env["ops.run.step"]._is_hold_near())

    def test_the_end_of_the_run_lifts_the_hold_however_it_ends(self):
        for state in ("done", "failed", "cancelled"):
            with self.subTest(state):
                self.deploy.state = "running"
                self.gate("hold", is_held=True)
                self.deploy._finish(state, self.env.cr.now())
                self.assertFalse(self.production.held_until)

    def test_nobody_holds_an_environment_by_hand(self):
        with self.assertRaises(AccessError):
            self.production.with_user(self.manager).held_until = "2030-01-01"

    def test_a_fault_of_our_own_is_told_and_ends_the_run_when_it_lasts(self):
        self.deploy._note_fault(KeyError("x"), datetime(2030, 1, 1, 12, 0, tzinfo=UTC))
        self.assertIn("KeyError", self.deploy.waiting_for)
        self.deploy._note_fault(KeyError("x"), datetime(2030, 1, 1, 12, 11, tzinfo=UTC))
        self.assertEqual(self.deploy.state, "failed")
        self.assertIn("KeyError", self.deploy.cause)
