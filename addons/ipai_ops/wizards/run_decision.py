"""Says once more what will happen, and takes a decision with its reason."""

from odoo import fields, models


class RunDecision(models.TransientModel):
    _name = "ops.run.decision"
    _description = "Decide on a run"

    run_id = fields.Many2one("ops.run", required=True, ondelete="cascade")
    decision = fields.Selection(
        [("approved", "Approve"), ("rejected", "Reject"), ("overridden", "Let it pass")],
        required=True,
    )
    reason = fields.Text()
    run_name = fields.Char(related="run_id.display_name", string="What")
    commit = fields.Char(related="run_id.commit")
    commit_subject = fields.Char(related="run_id.commit_subject")
    requested_by_id = fields.Many2one(related="run_id.requested_by_id")
    compare_url = fields.Char(related="run_id.compare_url")
    predicted_seconds = fields.Float(related="run_id.predicted_seconds")
    module_plan = fields.Char(related="run_id.module_plan")
    data_at_risk = fields.Char(related="run_id.data_at_risk")
    verdict_ids = fields.One2many(related="run_id.verdict_ids")

    def action_confirm(self):
        """Record the decision."""
        self.ensure_one()
        self.run_id._decide(self.decision, self.reason, "form")
        return {"type": "ir.actions.act_window_close"}
