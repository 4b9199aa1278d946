"""The texts that only the control plane can write and that travel as Swarm secrets."""

from odoo import models
from odoo.exceptions import UserError

from ..engine import naming, odoo_conf
from ..engine.steps import common
from ..platform_facts import platform


class Run(models.Model):
    _inherit = "ops.run"

    def _file_content(self, what):
        """Return the text of a file a container of this run is given; never logged."""
        self.ensure_one()
        if what == common.CONF:
            return self._odoo_conf()
        if what == "admin-password":
            return self.environment_id.admin_password
        if what == "git-credentials":
            return self.project_id.git_credentials
        raise UserError(self.env._("Nobody knows how to write “%s”.", what))

    def _odoo_conf(self):
        environment, server = self.spec["environment"], self.spec["server"]
        return odoo_conf.render(
            database=self._database_name(),
            host=server["host"],
            port=server["port"],
            user=naming.role(platform().instance, environment["id"]),
            password=self.environment_id.db_password,
            workers=environment["workers"],
            memory_mb=environment["memory_mb"],
        )
