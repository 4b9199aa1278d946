"""One row of a role's matrix: a permission, and the stages where the role gives it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import permissions


class RoleRight(models.Model):
    _name = "ops.role.right"
    _description = "Right of a role"
    _inherit = ["ops.reauthenticated.mixin", "ops.audited.mixin"]
    _order = "role_id, id"
    _rec_name = "permission"

    role_id = fields.Many2one("ops.role", required=True, index=True, ondelete="cascade")
    permission = fields.Selection(list(permissions.PERMISSIONS.items()), required=True)
    in_development = fields.Boolean("Development")
    in_staging = fields.Boolean("Staging")
    in_production = fields.Boolean("Production")

    _permission_unique = models.Constraint(
        "UNIQUE(role_id, permission)", "The role has a row for this permission already."
    )

    @api.model_create_multi
    def create(self, vals_list):
        rights = super().create(vals_list)
        rights._check_not_shipped()
        return rights

    def write(self, vals):
        self._check_not_shipped()
        with self.env.cr.savepoint(flush=False):
            done = super().write(vals)
            self._check_not_shipped()  # also of the role it has gone to
        return done

    def unlink(self):
        self._check_not_shipped()
        return super().unlink()

    def _check_not_shipped(self):
        if not self.env.su and self.role_id.filtered("code"):
            raise UserError(
                self.env._(
                    "A role that came with the product stays as it is: copy it, then change."
                )
            )

    def _as_rows(self):
        """Return the rights as plain rows, sorted by permission."""
        names = ["permission", *(f"in_{stage}" for stage in permissions.STAGES)]
        rows = [{name: right[name] for name in names} for right in self]
        return sorted(rows, key=lambda row: row["permission"])
