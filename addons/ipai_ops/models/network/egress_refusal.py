"""A destination that the proxy refused to an environment, counted."""

from odoo import api, fields, models

KEPT = 100  # of each environment


class EgressRefusal(models.Model):
    _name = "ops.egress.refusal"
    _description = "Refused host"
    _product_written = True
    _order = "last_at desc, id desc"
    _rec_name = "host"

    environment_id = fields.Many2one(
        "ops.environment", required=True, index=True, ondelete="cascade"
    )
    host = fields.Char(required=True)
    port = fields.Integer(required=True, aggregator=None)
    reason = fields.Selection(
        [("not listed", "Not on the list"), ("leads inside", "Leads to the platform itself")],
        required=True,
    )
    count = fields.Integer(string="Times")
    last_at = fields.Datetime(string="Last", required=True)
    may_settings = fields.Boolean(related="environment_id.may_settings", related_sudo=False)

    _destination_uniq = models.Constraint(
        "UNIQUE(environment_id, host, port, reason)", "A destination is counted in one row."
    )

    def action_allow(self):
        """Put the host on its environment's list."""
        for refusal in self:
            refusal.environment_id._check_may("settings")
            host = f"[{refusal.host}]" if ":" in refusal.host else refusal.host
            refusal.environment_id._allow_host(f"{host}:{refusal.port}")
            refusal.sudo().unlink()  # rows come and go with what the proxy tells
        return True

    @api.model
    def _count(self, rows):
        """Take over what the proxy counted; ``rows`` are checked. Unknown environments are left out."""
        known = self.env["ops.environment"].browse({row["environment"] for row in rows}).exists()
        for row in rows:
            if row["environment"] in known.ids:
                self._count_one(row)
        for environment in known:
            self.search([("environment_id", "=", environment.id)], offset=KEPT).unlink()

    def _count_one(self, row):
        key = {"environment_id": row["environment"], "host": row["host"], "port": row["port"]}
        key["reason"] = row["reason"]
        found = self.search([(name, "=", value) for name, value in key.items()])
        if found:
            found.write({"count": found.count + row["count"], "last_at": row["at"]})
        else:
            self.create({**key, "count": row["count"], "last_at": row["at"]})
