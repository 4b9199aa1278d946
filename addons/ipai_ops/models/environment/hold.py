"""The gate of an environment: the edge holds its requests while a release changes under it."""

from datetime import timedelta

from odoo import fields, models

HOLD_LIMIT = timedelta(minutes=30)  # a hold nobody lifts ends by itself, at the edge


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
