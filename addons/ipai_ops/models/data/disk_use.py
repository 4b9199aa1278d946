"""How much the environments of a database server take of the disk: who is measured, and when."""

from odoo import api, models

from ..constants import GONE

ACTIVE = ("queued", "running")


class DatabaseServer(models.Model):
    _inherit = "ops.database.server"

    @api.model
    def _cron_measure(self):
        """Measure the environments of every server."""
        for server in self.search([]):
            server._measure("schedule")

    def _measure(self, trigger):
        """Queue a look at the environments' disk use, unless one is under way; return the run."""
        self.ensure_one()
        runs = self.env["ops.run"]
        active = runs.search([("kind", "=", "measure"), ("state", "in", ACTIVE)])
        known = active.filtered(lambda run: run.spec.get("server_id") == self.id)[:1]
        measured = self._to_measure()
        if known or not measured:
            return known
        order = {"server": self._facts(), "server_id": self.id, "measured": measured}
        nowhere = self.env["ops.environment"]
        return runs._queue(nowhere, "measure", trigger, None, None, order=order)

    def _to_measure(self):
        """Return the environments with data on the server, as the order names them."""
        here = [("database_server_id", "=", self.id), ("database_name", "!=", False)]
        environments = self.env["ops.environment"].search([*here, ("state", "not in", GONE)])
        return [
            {"id": one.id, "project": one.project_id.id, "database": one.database_name}
            for one in environments
        ]

    def _still_to_measure(self, spec):
        """Return the order without the environments that are gone since it was made."""
        here = {one["id"] for one in self._to_measure()}
        return {**spec, "measured": [one for one in spec["measured"] if one["id"] in here]}
