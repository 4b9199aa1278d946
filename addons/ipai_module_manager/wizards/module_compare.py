"""Compares the installed modules of two environments."""

from odoo import api, fields, models

from .. import presentation
from ..engine.compare import differences

TONES = {"version": "text-warning", "left": "text-info", "right": "text-muted"}


class ModuleCompare(models.TransientModel):
    _name = "ipai.module.compare"
    _description = "Compare two environments"

    left_id = fields.Many2one(
        "ops.environment", string="This environment", required=True, ondelete="cascade"
    )
    right_id = fields.Many2one(
        "ops.environment", string="Beside", required=True, ondelete="cascade"
    )
    difference_count = fields.Integer(string="Differences", compute="_compute_differences")
    same_count = fields.Integer(string="The same in both", compute="_compute_differences")
    shown = fields.Html(string="What differs", compute="_compute_differences", sanitize=False)

    @api.depends("left_id.display_name", "right_id.display_name")
    def _compute_display_name(self):
        for compare in self:
            names = [compare.left_id.display_name, compare.right_id.display_name]
            compare.display_name = " · ".join(filter(None, names)) or self.env._("Compare")

    @api.depends("left_id", "right_id")
    def _compute_differences(self):
        for compare in self:
            left, right = (self._versions(one) for one in (compare.left_id, compare.right_id))
            found = differences(left, right) if compare.left_id and compare.right_id else []
            compare.difference_count = len(found)
            compare.same_count = len(set(left.items()) & set(right.items()))
            compare.shown = found and self._shown(compare, found)

    def _shown(self, compare, found):
        heads = (self.env._("Module"), compare.left_id.display_name, compare.right_id.display_name)
        absent = self.env._("not installed")
        rows = [
            (TONES[one.kind], (one.name, one.left or absent, one.right or absent)) for one in found
        ]
        return presentation.table(heads, rows)

    def _versions(self, environment):
        installed = environment.module_ids.filtered("is_installed")
        return {module.name: module.version_database or "?" for module in installed}
