"""Who may do what is changed only by somebody who showed lately who they are."""

from odoo import api, models


class Confirmed(models.AbstractModel):
    _name = "ops.confirmed"
    _description = "What is changed by whoever showed lately who they are"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_changed_by_a_person()
        return super().create(vals_list)

    def write(self, vals):
        self._check_changed_by_a_person()
        return super().write(vals)

    def unlink(self):
        self._check_changed_by_a_person()
        return super().unlink()

    def _check_changed_by_a_person(self):
        if not self.env.su:
            self.env.user._check_confirmed()


class Role(models.Model):
    _name = "ops.role"
    _inherit = ["ops.role", "ops.confirmed"]


class RoleRight(models.Model):
    _name = "ops.role.right"
    _inherit = ["ops.role.right", "ops.confirmed"]


class ProjectMember(models.Model):
    _name = "ops.project.member"
    _inherit = ["ops.project.member", "ops.confirmed"]


class Policy(models.Model):
    _name = "ops.policy"
    _inherit = ["ops.policy", "ops.confirmed"]


class Delegation(models.Model):
    _name = "ops.delegation"
    _inherit = ["ops.delegation", "ops.confirmed"]
