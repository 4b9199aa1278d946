"""A workflow of n8n, as its list told it last."""

from odoo import api, fields, models

WANTED = {
    "ipai-monitoring-alerts": "alert.*, backup.failed, run.finished",
    "ipai-deploy-on-comment": None,
    "ipai-nightly-report": None,
}


class N8nWorkflow(models.Model):
    _name = "ipai.n8n.workflow"
    _description = "n8n workflow"
    _product_written = True
    _order = "is_active desc, name"

    server_id = fields.Many2one("ipai.n8n.server", required=True, ondelete="cascade", index=True)
    external_id = fields.Char(string="Id in n8n", required=True, readonly=True)
    name = fields.Char(readonly=True)
    is_active = fields.Boolean(string="Active", readonly=True)
    changed_at = fields.Char(string="Changed at", readonly=True)
    url = fields.Char(string="In n8n", compute="_compute_url")

    _unique = models.Constraint("UNIQUE(server_id, external_id)", "That workflow is listed.")

    @api.depends("server_id.url", "external_id")
    def _compute_url(self):
        for flow in self:
            flow.url = f"{(flow.server_id.url or '').rstrip('/')}/workflow/{flow.external_id}"

    def action_activate(self):
        """Have n8n run it."""
        return self._ask("activate")

    def action_deactivate(self):
        """Have n8n stop it."""
        return self._ask("deactivate")

    def _ask(self, kind):
        self.check_access("read")
        for flow in self:
            flow.server_id._ask(kind, workflow=flow.external_id)
        return True

    @api.model
    def _take_list(self, server, rows):
        """Make the list equal to what n8n told."""
        kept = self.browse()
        for row in rows:
            kept |= self._take_one(server, row)
        (self.search([("server_id", "=", server.id)]) - kept).unlink()

    @api.model
    def _take_one(self, server, row):
        values = {
            "name": row.get("name"),
            "is_active": bool(row.get("active")),
            "changed_at": row.get("updatedAt"),
        }
        key = [("server_id", "=", server.id), ("external_id", "=", row["id"])]
        known = self.search(key, limit=1)
        known.write(values)
        return known or self.create({**values, "server_id": server.id, "external_id": row["id"]})

    def _subscribe(self, nodes):
        """Subscribe the workflow's webhooks to what they are made for."""
        subscriptions = self.env["ipai.n8n.subscription"]
        for path in (node.get("parameters", {}).get("path") for node in nodes):
            kinds = WANTED.get(path)
            place = [("server_id", "=", self.server_id.id), ("path", "=", path)]
            if kinds and not subscriptions.search_count(place, limit=1):
                subscriptions.create(
                    {
                        "name": self.name,
                        "server_id": self.server_id.id,
                        "path": path,
                        "kinds": kinds,
                    }
                )
