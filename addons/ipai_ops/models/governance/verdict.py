"""What a policy said of a run, and why."""

from odoo import fields, models

from ...engine import policies


class RunVerdict(models.Model):
    _name = "ops.run.verdict"
    _description = "Verdict on a run"
    _product_written = True
    _order = "run_id, id"
    _rec_name = "name"

    run_id = fields.Many2one("ops.run", required=True, index=True, ondelete="cascade")
    policy_id = fields.Many2one("ops.policy", index="btree_not_null", ondelete="set null")
    name = fields.Char(required=True)
    rule = fields.Selection(selection=lambda self: policies.labels(), required=True)
    outcome = fields.Selection(
        [("pass", "Holds"), ("warn", "Warns"), ("block", "Blocks"), ("overridden", "Overridden")],
        required=True,
    )
    why = fields.Char(required=True)
    waits = fields.Char(help="What it waits for: approval, or time.")
    judged_at = fields.Datetime(default=fields.Datetime.now, required=True)
