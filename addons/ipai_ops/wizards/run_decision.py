"""Says once more what will happen, and takes a decision with its reason."""

from odoo import fields, models

from ..authentication.asks_again import asks_again_when


class RunDecision(models.TransientModel):
    _name = "ops.run.decision"
    _description = "Decide on a run"

    run_id = fields.Many2one("ops.run", required=True, ondelete="cascade")
    decision = fields.Selection(
        [("approved", "Approve"), ("rejected", "Reject"), ("overridden", "Let it pass")],
        required=True,
    )
    reason = fields.Text()
    run_name = fields.Char(related="run_id.display_name", related_sudo=False, string="What")
    commit = fields.Char(related="run_id.commit", related_sudo=False)
    commit_subject = fields.Char(related="run_id.commit_subject", related_sudo=False)
    requested_by_id = fields.Many2one(related="run_id.requested_by_id", related_sudo=False)
    compare_url = fields.Char(related="run_id.compare_url", related_sudo=False)
    predicted_seconds = fields.Float(related="run_id.predicted_seconds", related_sudo=False)
    module_plan = fields.Char(related="run_id.module_plan", related_sudo=False)
    data_at_risk = fields.Char(related="run_id.data_at_risk", related_sudo=False)
    verdict_ids = fields.One2many(related="run_id.verdict_ids", related_sudo=False)

    @asks_again_when(lambda wizard: wizard.decision == "overridden")
    def action_confirm(self):
        """Record the decision."""
        self.ensure_one()
        self.run_id._decide(self.decision, self.reason, "form")
        return {"type": "ir.actions.act_window_close"}
