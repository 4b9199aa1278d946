"""Who works on a project, and what they may there."""

from odoo import fields, models


class Project(models.Model):
    _inherit = "ops.project"

    member_ids = fields.One2many("ops.project.member", "project_id", string="Members", copy=False)

    def _let_in(self, user, role_code):
        """Make ``user`` a member in a shipped role."""
        self.ensure_one()
        role = self.env.ref(f"ipai_ops.role_{role_code}")
        values = {"project_id": self.id, "user_id": user.id, "role_id": role.id}
        # The one who makes a project is nobody in it yet.
        return self.env["ops.project.member"].sudo().create(values)
