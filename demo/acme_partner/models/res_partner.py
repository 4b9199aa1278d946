from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    member_number = fields.Char(copy=False, readonly=True)

    _member_number_unique = models.Constraint(
        "UNIQUE(member_number)", "Another contact has this member number."
    )

    def action_make_member(self):
        """Give each person without a member number the next one."""
        for partner in self.filtered(lambda one: not one.is_company and not one.member_number):
            partner.member_number = self.env["ir.sequence"].next_by_code("acme.member")
