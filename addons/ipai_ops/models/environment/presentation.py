"""What the environment's pages show on top of its own fields."""

from odoo import fields, models


class Environment(models.Model):
    _inherit = "ops.environment"

    build_ids = fields.One2many(
        "ops.artifact", "environment_id", domain=[("kind", "=", "image")], string="Builds"
    )
    image_uri = fields.Char(related="image_id.uri", related_sudo=False, string="Digest")
    last_run_kind = fields.Selection(
        related="last_run_id.kind", related_sudo=False, string="Last run's kind"
    )
    active_run_headline = fields.Char(
        related="active_run_id.headline", related_sudo=False, string="Run in progress"
    )
    waiting_run_headline = fields.Char(
        related="waiting_run_id.headline", related_sudo=False, string="Waiting run"
    )
    last_run_seconds = fields.Float(
        related="last_run_id.duration_seconds", related_sudo=False, string="Last run's duration"
    )
    last_run_cause = fields.Char(
        related="last_run_id.cause", related_sudo=False, string="Last run's cause"
    )
    last_run_hint = fields.Char(
        related="last_run_id.hint", related_sudo=False, string="Last run's hint"
    )

    def action_view_last_run(self):
        """Open the page of the newest run, with its log."""
        self.ensure_one()
        return self.last_run_id._open() if self.last_run_id else self.action_view_runs()
