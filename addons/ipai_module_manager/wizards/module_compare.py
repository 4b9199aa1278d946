"""Compares the installed modules of two environments."""

from odoo import api, fields, models

from ..engine.compare import differences


class ModuleCompare(models.TransientModel):
    _name = "ipai.module.compare"
    _description = "Compare two environments"

    left_id = fields.Many2one(
        "ops.environment", string="This environment", required=True, ondelete="cascade"
    )
    right_id = fields.Many2one(
        "ops.environment", string="Beside", required=True, ondelete="cascade"
    )
    line_ids = fields.One2many(
        "ipai.module.compare.line", "compare_id", compute="_compute_line_ids"
    )
    same_count = fields.Integer(string="The same in both", compute="_compute_line_ids")

    @api.depends("left_id", "right_id")
    def _compute_line_ids(self):
        lines = self.env["ipai.module.compare.line"]
        for compare in self:
            left, right = (self._versions(one) for one in (compare.left_id, compare.right_id))
            found = differences(left, right) if compare.left_id and compare.right_id else []
            compare.line_ids = lines.union(
                *(
                    lines.new({"name": d.name, "left": d.left, "right": d.right, "kind": d.kind})
                    for d in found
                )
            )
            compare.same_count = len(set(left.items()) & set(right.items()))

    def _versions(self, environment):
        installed = environment.module_ids.filtered("is_installed")
        return {module.name: module.version_database or "?" for module in installed}


class ModuleCompareLine(models.TransientModel):
    _name = "ipai.module.compare.line"
    _description = "Difference of two environments"

    compare_id = fields.Many2one("ipai.module.compare", ondelete="cascade")
    name = fields.Char(string="Module", readonly=True)
    left = fields.Char(string="Here", readonly=True)
    right = fields.Char(string="There", readonly=True)
    kind = fields.Selection(
        [("left", "Only here"), ("right", "Only there"), ("version", "Other version")],
        readonly=True,
    )
