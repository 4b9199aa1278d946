"""Whoever acts on production in a role that asks for it has signed in lately."""

from odoo import fields, models
from odoo.exceptions import AccessError

from ...authentication import signed_in
from .second_factor import HARMLESS

MANAGERS = "ipai_ops.managers_session_hours"
HOUR = 3600


class Role(models.Model):
    _inherit = "ops.role"

    session_hours = fields.Integer(
        "Signs in again after (hours)",
        help="Before anything on production, beyond looking. 0: a session is as good as it is long.",
    )

    _session_hours_positive = models.Constraint(
        "CHECK(session_hours >= 0)", "Hours are zero or more."
    )


class Environment(models.Model):
    _inherit = "ops.environment"

    def _check_session_age(self, permission):
        """Raise AccessError where production is touched in a session that is too old for it."""
        if self.env.su or permission in HARMLESS or not signed_in.is_session(self.env):
            return
        guarded = self.filtered(lambda environment: environment.stage == "production")
        hours = guarded and self.env.user._session_hours(guarded.project_id)
        age = signed_in.age_seconds(self.env)
        if hours and (age is None or age > hours * HOUR):
            raise AccessError(
                self.env._(
                    "Production asks for a sign-in of the last %s hours. "
                    "Log out, sign in, then try again.",
                    hours,
                )
            )


class Users(models.Model):
    _inherit = "res.users"

    def _session_hours(self, projects):
        """Return after how many hours the person signs in again for ``projects``; 0: never."""
        self.ensure_one()
        if self.env["ops.project"]._is_everywhere(self):
            setting = self.env["ir.config_parameter"].sudo().get_param(MANAGERS) or ""
            return int(setting) if setting.isascii() and setting.isdigit() else 0
        members = self.env["ops.project.member"]._of_user(self)
        mine = members.filtered(lambda member: member.project_id in projects)
        return min(filter(None, mine.role_id.mapped("session_hours")), default=0)
