"""What a person, or the key they came with, may on a project."""

from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain

from ...authentication import api_call
from ...engine.permissions import STAGES
from ..access.permission import MEMBERSHIPS, may_field
from ..access.project_member import EVERYTHING


class Project(models.Model):
    _inherit = "ops.project"

    may_view = may_field("view")
    may_settings = may_field("settings")
    may_secrets = may_field("secrets")
    may_deploy = may_field(string="May deploy production")
    may_members = may_field("members")
    may_policies = may_field("policies")

    @api.depends_context("uid")
    @api.depends(*MEMBERSHIPS)
    def _compute_may(self):
        for project in self:
            granted = project._origin._own_rights() if project._origin else set()
            project.may_view = any(("view", stage) in granted for stage in STAGES)
            project.may_deploy = ("deploy", "production") in granted
            for permission in ("settings", "secrets", "members", "policies"):
                project[f"may_{permission}"] = all((permission, s) in granted for s in STAGES)

    def _domain_may(self, permission, operator, value):
        """Return the projects on which the person has ``permission``, as a domain.

        Seeing a project takes the right in one stage; everything else takes it in all three.
        """
        if operator != "in":
            return NotImplemented
        held = api_call.scope(self.env)
        if held and held.environments is not None and permission != "view":
            return Domain(False in value)  # a key of some environments has no right on a project
        if self._is_everywhere(self.env.user):
            return Domain(True in value)
        places = self.env["ops.project.member"]._places(self.env.user)
        ids = [places[(permission, stage)] for stage in STAGES]
        mine = set.union(*ids) if permission == "view" else set.intersection(*ids)
        return Domain("id", "in" if True in value else "not in", sorted(mine))

    @api.model
    def _is_everywhere(self, user):
        """Say whether ``user`` has every right on every project."""
        return user.id == SUPERUSER_ID or user.has_group("ipai_ops.group_manager")

    def _may(self, permission, stage=None):
        """Say whether the user has ``permission`` on every project of the set, in ``stage``.

        Without a stage: in all of them, but for seeing, where one is enough.
        """
        return self.env.su or all(project._may_here(permission, stage) for project in self)

    def _may_here(self, permission, stage):
        granted = self._own_rights()
        held = [(permission, each) in granted for each in ([stage] if stage else STAGES)]
        return any(held) if permission == "view" else all(held)

    def _own_rights(self):
        """Return what the user may on this project, as a set of (permission, stage); a key narrows it."""
        self.ensure_one()
        held = api_call.scope(self.env)
        if not held:
            return self._given_rights()
        if not held.reaches_project(self.id):
            return set()
        is_manager = self.env.user._is_indeed_manager()
        granted = held.narrowed(EVERYTHING if is_manager else self._given_rights())
        if held.environments is None:
            return granted
        return {(name, stage) for name, stage in granted if name == "view"}

    def _given_rights(self):
        """Return what the user's memberships give them on this project, whatever they came with."""
        if self._is_everywhere(self.env.user):
            return set(EVERYTHING)
        members = self.env["ops.project.member"]._of_user(self.env.user)
        return members.filtered(lambda member: member.project_id == self).role_id._granted()
