"""A named set of rights, stage by stage, that a project's members are given."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import permissions


class Role(models.Model):
    _name = "ops.role"
    _description = "Role"
    _inherit = ["ops.reauthenticated.mixin", "ops.audited.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(copy=False, readonly=True, help="Name of a role that came with the product.")
    description = fields.Char(translate=True)
    sequence = fields.Integer(default=50)
    active = fields.Boolean(default=True)
    right_ids = fields.One2many("ops.role.right", "role_id", string="Rights", copy=True)
    member_ids = fields.One2many("ops.project.member", "role_id")
    member_count = fields.Integer(string="Members", compute="_compute_member_count")

    needs_second_factor = fields.Boolean(
        help="Whoever holds this role shows a second factor before anything on production, and again "
        "before what cannot be undone."
    )
    session_hours = fields.Integer(
        "Signs in again after (hours)",
        help="Before anything on production, beyond looking. 0: a session is as good as it is long.",
    )

    _code_unique = models.Constraint("UNIQUE(code)", "A role of this code is there already.")
    _session_hours_positive = models.Constraint(
        "CHECK(session_hours >= 0)", "Hours are zero or more."
    )

    @api.depends("member_ids")
    def _compute_member_count(self):
        for role in self:
            role.member_count = len(role.member_ids)

    @api.model
    def _load_shipped(self):
        """Make the shipped roles what this version of the product says they are."""
        for code in permissions.ROLES:
            role = self.env.ref(f"ipai_ops.role_{code}")
            wanted = permissions.rights_of(code)
            if role.right_ids._as_rows() != sorted(wanted, key=lambda row: row["permission"]):
                values = [fields.Command.create(row) for row in wanted]
                role.right_ids = [fields.Command.clear(), *values]

    @api.ondelete(at_uninstall=False)
    def _unlink_only_own_roles(self):
        if self.filtered("code"):
            raise UserError(self.env._("A role that came with the product stays; archive it."))

    def copy_data(self, default=None):
        rows = super().copy_data(default)
        for role, values in zip(self, rows, strict=True):
            values.setdefault("name", self.env._("%s (copy)", role.name))
            if not (default or {}).get("name"):
                values["name"] = self.env._("%s (copy)", role.name)
        return rows

    def _allows(self, permission, stage):
        """Say whether one of the roles gives ``permission`` in ``stage``."""
        rows = self.right_ids.filtered(lambda right: right.permission == permission)
        return any(rows.mapped(f"in_{stage}"))

    def _granted(self):
        """Return what the roles give, as a set of (permission, stage)."""
        return {
            (right.permission, stage)
            for right in self.right_ids
            for stage in permissions.STAGES
            if right[f"in_{stage}"]
        }
