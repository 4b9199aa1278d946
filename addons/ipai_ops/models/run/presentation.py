"""What a run's page shows on top of its own fields: clocks that need no clock in the browser."""

from odoo import api, fields, models


def seconds_since(start, end, now):
    """Return how long something has taken by ``now``; 0.0 where it has not begun."""
    return ((end or now) - start).total_seconds() if start else 0.0


class Run(models.Model):
    _inherit = "ops.run"

    elapsed_seconds = fields.Float(compute="_compute_elapsed_seconds")
    short_commit = fields.Char(string="Short commit", compute="_compute_short_commit")

    def _compute_elapsed_seconds(self):
        now = fields.Datetime.now()
        for run in self:
            run.elapsed_seconds = seconds_since(run.started_at, run.finished_at, now)

    @api.depends("commit")
    def _compute_short_commit(self):
        for run in self:
            run.short_commit = (run.commit or "")[:7]

    def action_view_environment(self):
        """Open the environment the run worked on."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ops.environment",
            "res_id": self.environment_id.id,
            "views": [[False, "form"]],
        }
