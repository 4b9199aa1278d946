"""What people do with an artifact from its row in a list."""

from odoo import models
from odoo.exceptions import UserError

from ...authentication.asks_again import asks_again


class Artifact(models.Model):
    _inherit = "ops.artifact"

    @asks_again
    def action_redeploy(self):
        """Deploy this image again to the environment it was built for; open the run."""
        self.ensure_one()
        if not self.environment_id:
            raise UserError(self.env._("The environment this was built for is gone."))
        self.environment_id._check_may("rollback")
        return self.environment_id._redeploy(self)._open()
