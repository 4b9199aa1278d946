"""When the edge keeps requests waiting for a step, and how near that is."""

from odoo import models

DRAIN_SECONDS = 0.5  # for what was under way when the gate closed; the next job waits it out


class RunStep(models.Model):
    _inherit = "ops.run.step"

    def _gate_result(self):
        """Return the result of a hold's step once the edge serves what it was told, else None."""
        if self.state != "running" or self.kind != "hold":
            return None
        served_since = self.env["ops.edge"]._served_since()
        return served_since and {"ok": True, "drained_at": served_since + DRAIN_SECONDS}

    def _is_hold_near(self):
        """Say whether requests are to be held as soon as the step that is under way has ended."""
        holds = [("kind", "=", "hold"), ("state", "=", "pending"), ("run_id.state", "=", "running")]
        return any(hold._is_next() for hold in self.search(holds))

    def _is_next(self):
        before = self.run_id.step_ids.filtered(lambda step: step.sequence < self.sequence)
        return len(before.filtered(lambda step: step.state in ("pending", "running"))) == 1
