"""A database server that is kept for one project: the stricter way to keep customers apart."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DatabaseServer(models.Model):
    _inherit = "ops.database.server"

    project_id = fields.Many2one(
        "ops.project",
        string="Only for",
        ondelete="restrict",
        help="Environments of this project alone use the server. Blank: those of every project.",
    )

    @api.model
    def _open_to(self, project):
        """Return the domain of the servers that environments of the project may use."""
        return [("project_id", "in", [False, *(project.ids if project else ())])]

    @api.constrains("project_id")
    def _check_no_other_project_is_here(self):
        self.environment_ids._check_server_is_for_project()


class Environment(models.Model):
    _inherit = "ops.environment"

    @api.constrains("database_server_id", "project_id")
    def _check_server_is_for_project(self):
        for environment in self:
            kept_for = environment.database_server_id.sudo().project_id
            if kept_for and kept_for != environment.project_id:
                raise ValidationError(
                    self.env._(
                        "The database server “%(server)s” is kept for another project than that of "
                        "“%(environment)s”. Choose another server.",
                        server=environment.database_server_id.name,
                        environment=environment.display_name,
                    )
                )
