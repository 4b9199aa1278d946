"""What a person, or the key they came with, may on an environment."""

from odoo import api, models
from odoo.fields import Domain

from ...authentication import api_call
from ...engine.permissions import PERMISSIONS
from ..access.permission import MEMBERSHIPS, may_field


class Environment(models.Model):
    _inherit = "ops.environment"

    may_view = may_field("view")
    may_logs = may_field("logs")
    may_deploy = may_field("deploy")
    may_rollback = may_field()
    may_backup = may_field()
    may_restore = may_field()
    may_download = may_field()
    may_modules = may_field()
    may_settings = may_field("settings")
    may_secrets = may_field("secrets")
    may_shell = may_field()
    may_database_shell = may_field()
    may_destroy = may_field("destroy")
    may_approve = may_field("approve")
    may_members = may_field()
    may_policies = may_field()

    @api.depends_context("uid")
    @api.depends("stage", "project_id", *(f"project_id.{name}" for name in MEMBERSHIPS))
    def _compute_may(self):
        is_everywhere = self.env["ops.project"]._is_everywhere(self.env.user)
        places = {} if is_everywhere else self.env["ops.project.member"]._places(self.env.user)
        key = api_call.scope(self.env)
        for environment in self:
            known = environment.sudo()  # that one may not see it is an answer too
            project = known.project_id.id
            is_reached = not key or key.reaches_environment(environment._origin.id)
            for permission in PERMISSIONS:
                held = places.get((permission, known.stage), ())
                is_given = is_everywhere or project in held
                environment[f"may_{permission}"] = is_reached and is_given

    def _domain_may(self, permission, operator, value):
        """Return the environments on which the person has ``permission``, as a domain."""
        if operator != "in":
            return NotImplemented
        found = self._given_domain(permission, value)
        key = api_call.scope(self.env)
        if not key or key.environments is None:
            return found
        named = Domain("id", "in", sorted(key.environments))
        return found & named if True in value else found | ~named

    def _given_domain(self, permission, value):
        if self.env["ops.project"]._is_everywhere(self.env.user):
            return Domain(True in value)
        places = self.env["ops.project.member"]._places(self.env.user)
        mine = Domain.OR(
            Domain("stage", "=", stage) & Domain("project_id", "in", sorted(ids))
            for (name, stage), ids in places.items()
            if name == permission
        )
        return mine if True in value else ~mine

    def _may(self, permission, _stage=None):
        """Say whether the user has ``permission`` on every environment of the set."""
        return self.env.su or all(self.mapped(f"may_{permission}"))

    def _environments(self):
        return self
