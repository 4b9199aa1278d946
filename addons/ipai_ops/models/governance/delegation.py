"""Who decides while somebody is away."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class Delegation(models.Model):
    _name = "ops.delegation"
    _description = "Delegation of approvals"
    _inherit = ["ops.reauthenticated.mixin", "ops.audited.mixin"]
    _order = "starts_on desc, id desc"

    user_id = fields.Many2one(
        "res.users",
        string="Away",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
    )
    delegate_id = fields.Many2one(
        "res.users", string="Decides meanwhile", required=True, index=True, ondelete="cascade"
    )
    starts_on = fields.Date("From", required=True, default=fields.Date.context_today)
    ends_on = fields.Date("Until", required=True, help="The last day.")
    project_id = fields.Many2one(
        "ops.project", help="Blank: all projects.", index="btree_not_null", ondelete="cascade"
    )

    _days_in_order = models.Constraint("CHECK(ends_on >= starts_on)", "It ends before it begins.")
    _somebody_else = models.Constraint("CHECK(user_id <> delegate_id)", "Choose somebody else.")

    @api.depends("user_id", "delegate_id")
    def _compute_display_name(self):
        for one in self:
            one.display_name = f"{one.user_id.name} → {one.delegate_id.name}"

    def write(self, vals):
        if "user_id" in vals and any(one.user_id.id != vals["user_id"] for one in self):
            raise UserError(self.env._("Everybody delegates for themselves: make a new one."))
        return super().write(vals)

    @api.model
    def _today(self, project):
        """Return the delegations that hold today in ``project``."""
        today = fields.Date.today()
        domain = Domain("starts_on", "<=", today) & Domain("ends_on", ">=", today)
        # Who stands in for whom is asked for people who need not see it.
        return self.sudo().search(domain & Domain("project_id", "in", [False, project.id]))
