"""The secrets that an environment's Odoo is given."""

from odoo import fields, models
from odoo.fields import Domain


class Environment(models.Model):
    _inherit = "ops.environment"

    secret_ids = fields.One2many("ops.secret", "environment_id", string="Secrets")

    def _delivered_secrets(self):
        """Return the secrets the running Odoo gets: its own ones win over the project's."""
        found = self.env["ops.secret"].sudo().search(self._secrets_here())  # whoever deploys
        ranked = found.sorted(lambda one: (bool(one.environment_id), one.stages != "all"))
        return found.browse({one.name: one.id for one in ranked}.values())

    def _secrets_here(self):
        """Return the secrets of this place as a domain: the environment's own, and its stage's."""
        side = "production" if self.stage == "production" else "nonproduction"
        of_stage = Domain("environment_id", "=", False) & Domain("stages", "in", ("all", side))
        here = Domain("environment_id", "=", self.id) | of_stage
        is_set = Domain("sealed_values", "!=", False)
        return Domain("project_id", "=", self.project_id.id) & is_set & here

    def _delivered_order(self):
        """Return what a run's order says of the secrets; their values travel as files."""
        named = self._delivered_secrets() if self else ()
        rows = [{"id": one.id, "name": one.name, "delivery": one.delivery} for one in named]
        return {"delivered": rows} if rows else {}
