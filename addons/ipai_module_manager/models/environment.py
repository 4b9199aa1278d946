"""What a module must fit to run in an environment."""

from odoo import models, release

PYTHON = "3.13"  # of the base image; an inventory knows better


class Environment(models.Model):
    _inherit = "ops.environment"

    def _module_target(self):
        """Return Odoo's series, Python's version and the packages that are there."""
        self.ensure_one()
        return release.series, PYTHON, ()
