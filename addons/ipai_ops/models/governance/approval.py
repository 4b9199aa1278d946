"""One person's recorded decision on one run. It is never changed; a changed run voids it."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class Approval(models.Model):
    _name = "ops.approval"
    _description = "Approval"
    _product_written = True
    _order = "id desc"

    run_id = fields.Many2one("ops.run", required=True, index=True, ondelete="cascade")
    environment_id = fields.Many2one(related="run_id.environment_id", store=True, index=True)
    project_id = fields.Many2one(related="run_id.project_id", store=True, index=True)
    user_id = fields.Many2one("res.users", string="By", required=True, ondelete="restrict")
    on_behalf_of_id = fields.Many2one(
        "res.users", string="For", ondelete="restrict", help="Who was away."
    )
    decision = fields.Selection(
        [("approved", "Approved"), ("rejected", "Rejected"), ("overridden", "Overridden")],
        required=True,
    )
    reason = fields.Char()
    via = fields.Selection(
        [("form", "Form"), ("mail", "Mail link"), ("api", "API")], required=True, default="form"
    )
    state = fields.Selection(
        [("counts", "Counts"), ("void", "Void")], required=True, default="counts"
    )
    void_reason = fields.Char()
    fingerprint = fields.Char(required=True, help="Of the run's spec when it was decided.")
    decided_at = fields.Datetime(default=fields.Datetime.now, required=True)

    _one_voice = models.UniqueIndex(
        "(run_id, user_id, fingerprint) WHERE state = 'counts'",
        "This person has decided on this run already.",
    )

    @api.depends("user_id", "decision", "run_id")
    def _compute_display_name(self):
        decisions = dict(self._fields["decision"]._description_selection(self.env))
        for approval in self:
            approval.display_name = f"{approval.user_id.name} · {decisions.get(approval.decision)}"

    def write(self, vals):
        if set(vals) - {"state", "void_reason"}:
            raise UserError(self.env._("A decision stays as it was made."))
        return super().write(vals)

    def _void(self, reason):
        """Let the decisions count no more."""
        self.filtered(lambda each: each.state == "counts").write(
            {"state": "void", "void_reason": reason}
        )
