"""Who works on a project: a person or a group, in a role, for good or until a day."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...authentication import api_call
from ...engine import permissions

EVERYTHING = frozenset(
    (name, stage) for name in permissions.PERMISSIONS for stage in permissions.STAGES
)
MANAGING = frozenset(("members", stage) for stage in permissions.STAGES)


class ProjectMember(models.Model):
    _name = "ops.project.member"
    _description = "Member of a project"
    _inherit = ["ops.reauthenticated.mixin", "ops.offered.mixin", "ops.audited.mixin"]
    _offered = {"write": "members", "create": "members", "unlink": "members"}
    _order = "project_id, role_id, id"

    project_id = fields.Many2one("ops.project", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one(
        "res.users", string="Person", index="btree_not_null", ondelete="cascade"
    )
    group_id = fields.Many2one(
        "res.groups", string="Group", index="btree_not_null", ondelete="cascade"
    )
    role_id = fields.Many2one("ops.role", required=True, index=True, ondelete="restrict")
    until = fields.Date(help="The last day. Blank: for good.")
    is_current = fields.Boolean(compute="_compute_is_current", search="_search_is_current")

    _one_or_the_other = models.Constraint(
        "CHECK((user_id IS NULL) <> (group_id IS NULL))", "A member is one person or one group."
    )
    _person_unique = models.UniqueIndex(
        "(project_id, user_id, role_id) WHERE user_id IS NOT NULL",
        "This person has that role in the project already.",
    )
    _group_unique = models.UniqueIndex(
        "(project_id, group_id, role_id) WHERE group_id IS NOT NULL",
        "This group has that role in the project already.",
    )

    @api.depends("until")
    def _compute_is_current(self):
        today = fields.Date.today()
        for member in self:
            member.is_current = not member.until or member.until >= today

    def _search_is_current(self, operator, value):
        if operator != "in":
            return NotImplemented
        current = Domain("until", "=", False) | Domain("until", ">=", fields.Date.today())
        return current if True in value else ~current

    @api.depends("user_id", "group_id", "role_id")
    def _compute_display_name(self):
        for member in self:
            who = member.user_id.display_name or member.group_id.display_name
            member.display_name = f"{who} · {member.role_id.name}"

    @api.model_create_multi
    def create(self, vals_list):
        held = self._rights_now()
        with self.env.cr.savepoint():
            members = super().create(vals_list)
            members._check_grantable(held)
        return members

    def write(self, vals):
        if "project_id" in vals:
            raise UserError(self.env._("A membership stays with its project: make a new one."))
        held = self._rights_now()
        self._check_grantable(held)
        with self.env.cr.savepoint():
            done = super().write(vals)
            self._check_grantable(held)
        return done

    def unlink(self):
        self._check_grantable(self._rights_now())
        return super().unlink()

    def _rights_now(self):
        """Return what the user may on a project as of now, as a function of the project.

        Afterwards one would have what one has just taken.
        """
        if self.env.su or self.env["ops.project"]._is_everywhere(self.env.user):
            return lambda project: EVERYTHING
        places = self._places(self.env.user)
        return lambda project: {one for one, ids in places.items() if project.id in ids}

    def _check_grantable(self, held):
        """Nobody gives, changes or takes away a role with more rights than their own.

        ``held``: what the user could on a project before anything was written.
        """
        if self.env.su:
            return
        for member in self:
            project, role = member.project_id, member.role_id.sudo()  # whoever may see it or not
            project._check_may("members")  # also answers for who sees nothing of the project
            if (role._granted() | MANAGING) - held(project):
                raise AccessError(
                    self.env._(
                        "The role %(role)s may do more than you in %(project)s; "
                        "ask somebody who has that role.",
                        role=role.name,
                        project=project.name,
                    )
                )

    @api.model
    def _of_user(self, user):
        """Return the memberships that hold for ``user`` today, their own and their groups'."""
        who = Domain("user_id", "=", user.id) | Domain("group_id", "in", user._get_group_ids())
        # A person need not see a membership, nor its role, to have its rights.
        return self.sudo().search(who & Domain("is_current", "=", True))

    @api.model
    def _places(self, user):
        """Return {(permission, stage): ids of the projects where ``user`` has it}; a key narrows it."""
        held = api_call.scope(self.env)
        if not held or held.user_id != user.id:
            return self._given_places(user)
        named = held.narrowed(EVERYTHING)
        places = self._all_places() if user._is_indeed_manager() else self._given_places(user)
        reached = {
            granted: {one for one in places.get(granted, ()) if held.reaches_project(one)}
            for granted in named
        }
        return reached | dict.fromkeys(EVERYTHING - named, frozenset())

    def _given_places(self, user):
        places = defaultdict(set)
        for member in self._of_user(user):
            for granted in member.role_id._granted():
                places[granted].add(member.project_id.id)
        return places

    def _all_places(self):
        ids = set(self.env["ops.project"].sudo().search([]).ids)  # a manager's key reaches them all
        return dict.fromkeys(EVERYTHING, ids)

    @api.model
    def _users_with(self, permission, project, stage):
        """Return the active people who have ``permission`` there by a membership."""
        place = Domain("project_id", "=", project.id) & Domain("is_current", "=", True)
        members = self.sudo().search(place)
        fitting = members.filtered(lambda member: member.role_id._allows(permission, stage))
        users = fitting.user_id | fitting.group_id.all_user_ids
        return users.filtered(lambda user: user.active and not user.share)
