"""One idempotent move of a run, with its attempts, its outcome and how long it took."""

from odoo import api, fields, models

from .presentation import seconds_since

STEP_STATES = [
    ("pending", "Pending"),
    ("running", "Running"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
    ("skipped", "Skipped"),
]


class RunStep(models.Model):
    _name = "ops.run.step"
    _description = "Step of a run"
    _product_written = True
    _order = "run_id, sequence, id"
    _rec_name = "label"

    run_id = fields.Many2one("ops.run", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer()
    name = fields.Char(required=True)
    kind = fields.Char(required=True)
    label = fields.Char()
    state = fields.Selection(STEP_STATES, required=True, default="pending")
    attempt = fields.Integer()
    attempts = fields.Json(help="Number, job, start, end and outcome of each attempt.")
    job_name = fields.Char()
    timeout_seconds = fields.Integer()
    max_attempts = fields.Integer()
    started_at = fields.Datetime()
    finished_at = fields.Datetime()
    ended_seen_at = fields.Datetime()
    duration_seconds = fields.Float(compute="_compute_duration_seconds", store=True)
    elapsed_seconds = fields.Float(compute="_compute_elapsed_seconds")
    predicted_seconds = fields.Float(help="Median of earlier runs in the same environment.")
    progress = fields.Float()
    result = fields.Json()
    cause = fields.Char()
    hint = fields.Char()
    when = fields.Selection(
        [("done", "In order"), ("failed", "After a failure"), ("always", "Either way")],
        default="done",
        required=True,
    )
    last_void = fields.Char(help="Why the last attempt did not count.")
    log_cursor = fields.Char()

    _name_unique = models.Constraint("UNIQUE(run_id, name)", "A run has each step once.")

    @api.depends("started_at", "finished_at")
    def _compute_duration_seconds(self):
        for step in self:
            both = step.started_at and step.finished_at
            step.duration_seconds = both and (step.finished_at - step.started_at).total_seconds()

    def _note_progress(self, events):
        """Take over the last progress a container told, from 0 to 1."""
        told = [
            event.payload["progress"] for event in events if "progress" in (event.payload or {})
        ]
        shares = [share for share in told if isinstance(share, int | float)]
        if self and shares:
            self.progress = min(max(float(shares[-1]), 0.0), 1.0)

    def _compute_elapsed_seconds(self):
        now = fields.Datetime.now()
        for step in self:
            step.elapsed_seconds = seconds_since(step.started_at, step.finished_at, now)
