"""What n8n did about a run, on the run's page."""

from odoo import fields, models


class Run(models.Model):
    _inherit = "ops.run"

    n8n_delivery_ids = fields.One2many("ipai.n8n.delivery", "run_id", readonly=True)
    n8n_delivery_count = fields.Integer(compute="_compute_n8n_delivery_count")

    def _compute_n8n_delivery_count(self):
        groups = self.env["ipai.n8n.delivery"]._read_group(
            [("run_id", "in", self.ids)], ["run_id"], ["__count"]
        )
        counts = {run.id: count for run, count in groups}
        for run in self:
            run.n8n_delivery_count = counts.get(run.id, 0)

    def action_view_n8n_deliveries(self):
        """Open the deliveries and executions this run caused."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ipai_n8n_bridge.n8n_delivery_action"
        )
        return {**action, "domain": [("run_id", "=", self.id)], "context": {}}
