"""What the step timeline shows on top of a step's own fields."""

from odoo import fields, models

from .presentation import seconds_since


class RunStep(models.Model):
    _inherit = "ops.run.step"

    elapsed_seconds = fields.Float(compute="_compute_elapsed_seconds")

    def _compute_elapsed_seconds(self):
        now = fields.Datetime.now()
        for step in self:
            step.elapsed_seconds = seconds_since(step.started_at, step.finished_at, now)
