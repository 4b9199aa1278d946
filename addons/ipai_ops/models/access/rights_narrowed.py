"""A key narrows its owner's rights: what they may is what the owner may and the key names."""

from odoo import models
from odoo.fields import Domain

from ...authentication import api_call
from ...engine.permissions import PERMISSIONS
from .project_member import EVERYTHING


class Users(models.Model):
    _inherit = "res.users"

    def _is_indeed_manager(self):
        """Say whether the person is a manager, whatever key they came with."""
        return self._has_group("ipai_ops.group_manager")


class ProjectMember(models.Model):
    _inherit = "ops.project.member"

    def _places(self, user):
        held = api_call.scope(self.env)
        if not held or held.user_id != user.id:
            return super()._places(user)
        places = self._all_places() if user._is_indeed_manager() else super()._places(user)
        return {
            granted: {one for one in places.get(granted, ()) if held.reaches_project(one)}
            for granted in held.narrowed(EVERYTHING)
        } | dict.fromkeys(EVERYTHING - held.narrowed(EVERYTHING), frozenset())

    def _all_places(self):
        ids = set(self.env["ops.project"].sudo().search([]).ids)  # a manager's key reaches them all
        return dict.fromkeys(EVERYTHING, ids)


class Project(models.Model):
    _inherit = "ops.project"

    def _own_rights(self):
        held = api_call.scope(self.env)
        if not held:
            return super()._own_rights()
        if not held.reaches_project(self.id):
            return set()
        granted = EVERYTHING if self.env.user._is_indeed_manager() else super()._own_rights()
        granted = held.narrowed(granted)
        if held.environments is None:
            return granted
        return {(name, stage) for name, stage in granted if name == "view"}

    def _domain_may(self, permission, operator, value):
        found = super()._domain_may(permission, operator, value)
        held = api_call.scope(self.env)
        if not held or held.environments is None or permission == "view":
            return found
        return Domain(False in value)  # a key of some environments has no right on a project


class Environment(models.Model):
    _inherit = "ops.environment"

    def _compute_may(self):
        super()._compute_may()
        held = api_call.scope(self.env)
        if not held:
            return
        for environment in self:
            if not held.reaches_environment(environment._origin.id):
                for permission in PERMISSIONS:
                    environment[f"may_{permission}"] = False

    def _domain_may(self, permission, operator, value):
        found = super()._domain_may(permission, operator, value)
        held = api_call.scope(self.env)
        if not held or held.environments is None or found is NotImplemented:
            return found
        named = Domain("id", "in", sorted(held.environments))
        return found & named if True in value else found | ~named
