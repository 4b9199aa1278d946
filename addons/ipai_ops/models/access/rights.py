"""Who may do what: one question, asked by every action, call, rule and controller.

A person's rights come from memberships (``ops.project.member``): a role, its permissions and the
stages they hold in. Managers have every right everywhere. ``_may`` answers True to the product
itself (``sudo``); the fields ``may_…`` always tell about the person, so record rules can use them.

Another model is hidden from those who are no members by one record rule without groups:
``[("environment_id.may_view", "=", True)]``, or ``run_id.may_view``, ``run_id.may_logs``,
``project_id.may_view`` where rows belong to those.
"""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...engine.permissions import PERMISSIONS, STAGES

MEMBERSHIP = "member_ids.role_id.right_ids.permission"
MEMBERSHIPS = ("member_ids.user_id", "member_ids.group_id", "member_ids.until", MEMBERSHIP)


def _may_field(search=None):
    return fields.Boolean(compute="_compute_may", search=search)


class Project(models.Model):
    _inherit = "ops.project"

    may_view = _may_field("_search_may_view")
    may_settings = _may_field("_search_may_settings")
    may_secrets = _may_field("_search_may_secrets")
    may_deploy = fields.Boolean("May deploy production", compute="_compute_may")
    may_members = _may_field("_search_may_members")
    may_policies = _may_field("_search_may_policies")

    @api.depends_context("uid")
    @api.depends(*MEMBERSHIPS)
    def _compute_may(self):
        for project in self:
            granted = project._origin._own_rights() if project._origin else set()
            project.may_view = any(("view", stage) in granted for stage in STAGES)
            project.may_deploy = ("deploy", "production") in granted
            for permission in ("settings", "secrets", "members", "policies"):
                project[f"may_{permission}"] = all((permission, s) in granted for s in STAGES)

    def _search_may_view(self, operator, value):
        return self._domain_may("view", operator, value)

    def _search_may_settings(self, operator, value):
        return self._domain_may("settings", operator, value)

    def _search_may_secrets(self, operator, value):
        return self._domain_may("secrets", operator, value)

    def _search_may_members(self, operator, value):
        return self._domain_may("members", operator, value)

    def _search_may_policies(self, operator, value):
        return self._domain_may("policies", operator, value)

    def _domain_may(self, permission, operator, value):
        """Return the projects on which the person has ``permission``, as a domain.

        Seeing a project takes the right in one stage; everything else takes it in all three.
        """
        if operator != "in":
            return NotImplemented
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

    def _check_may(self, permission, stage=None):
        """Raise AccessError, with a sentence, unless the user has ``permission`` here."""
        self.check_access("read")
        if not self._may(permission, stage):
            raise refusal(self, permission)


class Environment(models.Model):
    _inherit = "ops.environment"

    may_view = _may_field("_search_may_view")
    may_logs = _may_field("_search_may_logs")
    may_deploy = _may_field("_search_may_deploy")
    may_rollback = _may_field()
    may_backup = _may_field()
    may_restore = _may_field()
    may_download = _may_field()
    may_modules = _may_field()
    may_settings = _may_field("_search_may_settings")
    may_secrets = _may_field("_search_may_secrets")
    may_shell = _may_field()
    may_database_shell = _may_field()
    may_destroy = _may_field("_search_may_destroy")
    may_approve = _may_field("_search_may_approve")
    may_members = _may_field()
    may_policies = _may_field()

    @api.depends_context("uid")
    @api.depends("stage", "project_id", *(f"project_id.{name}" for name in MEMBERSHIPS))
    def _compute_may(self):
        is_everywhere = self.env["ops.project"]._is_everywhere(self.env.user)
        places = {} if is_everywhere else self.env["ops.project.member"]._places(self.env.user)
        for environment in self:
            known = environment.sudo()  # that one may not see it is an answer too
            project = known.project_id.id
            for permission in PERMISSIONS:
                held = places.get((permission, known.stage), ())
                environment[f"may_{permission}"] = is_everywhere or project in held

    def _search_may_view(self, operator, value):
        return self._domain_may("view", operator, value)

    def _search_may_logs(self, operator, value):
        return self._domain_may("logs", operator, value)

    def _search_may_deploy(self, operator, value):
        return self._domain_may("deploy", operator, value)

    def _search_may_settings(self, operator, value):
        return self._domain_may("settings", operator, value)

    def _search_may_secrets(self, operator, value):
        return self._domain_may("secrets", operator, value)

    def _search_may_destroy(self, operator, value):
        return self._domain_may("destroy", operator, value)

    def _search_may_approve(self, operator, value):
        return self._domain_may("approve", operator, value)

    def _domain_may(self, permission, operator, value):
        """Return the environments on which the person has ``permission``, as a domain."""
        if operator != "in":
            return NotImplemented
        if self.env["ops.project"]._is_everywhere(self.env.user):
            return Domain(True in value)
        places = self.env["ops.project.member"]._places(self.env.user)
        mine = Domain.OR(
            Domain("stage", "=", stage) & Domain("project_id", "in", sorted(ids))
            for (name, stage), ids in places.items()
            if name == permission
        )
        return mine if True in value else ~mine

    def _may(self, permission):
        """Say whether the user has ``permission`` on every environment of the set."""
        return self.env.su or all(self.mapped(f"may_{permission}"))

    def _check_may(self, permission):
        """Raise AccessError, with a sentence, unless the user has ``permission`` here."""
        self.check_access("read")
        if not self._may(permission):
            raise refusal(self, permission)


class Run(models.Model):
    _inherit = "ops.run"

    may_view = fields.Boolean(compute="_compute_may", search="_search_may_view")
    may_logs = fields.Boolean(compute="_compute_may", search="_search_may_logs")
    may_deploy = _may_field()
    may_rollback = _may_field()
    may_restore = _may_field()

    @api.depends_context("uid")
    @api.depends("environment_id.may_view")
    def _compute_may(self):
        is_everywhere = self.env["ops.project"]._is_everywhere(self.env.user)
        for run in self:
            environment = (
                run.sudo().environment_id
            )  # the answer is about the person, not the system
            for name in ("may_view", "may_logs", "may_deploy", "may_rollback", "may_restore"):
                run[name] = is_everywhere or environment[name]

    def _search_may_view(self, operator, value):
        return self._domain_may("view", operator, value)

    def _search_may_logs(self, operator, value):
        return self._domain_may("logs", operator, value)

    def _domain_may(self, permission, operator, value):
        """Return the runs the person has ``permission`` for; clean-ups are the managers'."""
        if operator != "in" or False in value:
            return NotImplemented
        if self.env["ops.project"]._is_everywhere(self.env.user):
            return Domain.TRUE
        environments = self.env["ops.environment"]._domain_may(permission, operator, value)
        return Domain("environment_id", "any!", environments)

    def _may(self, permission):
        """Say whether the user has ``permission`` on every run's environment."""
        if self.env.su or self.env["ops.project"]._is_everywhere(self.env.user):
            return True
        return all(run.environment_id and run.environment_id._may(permission) for run in self)

    def _check_may(self, permission):
        """Raise AccessError, with a sentence, unless the user has ``permission`` there."""
        self.check_access("read")
        if self.environment_id:
            self.environment_id._check_may(permission)
        if not self._may(permission):
            raise refusal(self, permission)


def refusal(records, permission):
    return AccessError(
        records.env._(
            "You have not the right “%(right)s” on %(place)s; ask an administrator of the project.",
            right=PERMISSIONS[permission],
            place=records[:1].display_name or records._description,
        )
    )
