"""The gate of an environment: the edge holds its requests while a release changes under it."""

import time
from datetime import timedelta

from odoo import fields, models

HOLD_LIMIT = timedelta(minutes=30)  # a hold nobody lifts ends by itself, at the edge
DRAIN_SECONDS = 0.5  # what was under way when the gate closed may still end


class Environment(models.Model):
    _inherit = "ops.environment"

    held_until = fields.Datetime(
        readonly=True, copy=False, help="Until then at most, the edge keeps requests waiting."
    )

    def _set_gate(self, is_held, at):
        """Have the edge hold the environment's requests from its next pull, or let them go on."""
        for environment in self:
            if is_held or environment.held_until:
                environment.held_until = at + HOLD_LIMIT if is_held else False


class RunStep(models.Model):
    _inherit = "ops.run.step"

    def _gate_result(self):
        """Return the result of a gate's step once the edge serves what it was told, else None."""
        if self.state != "running" or self.kind not in ("hold", "resume"):
            return None
        edge = self.env["ops.edge"].search([], limit=1)
        if not edge._is_up_to_date():
            return None
        if self.kind == "hold" and time.time() < edge.applied_clock + DRAIN_SECONDS:
            return None
        return {"ok": True}
