"""Whoever acts on production in a role that asks for it has signed in lately."""

from odoo import models

from ...authentication import signed_in

MANAGERS = "ipai_ops.managers_session_hours"
HOUR = 3600


class Users(models.Model):
    _inherit = "res.users"

    def _outlived_session_hours(self, projects):
        """Return the hours that ``projects`` give a session, where this one is older; else 0.

        Only sessions have an age: a key or a password is shown with each call.
        """
        hours = self._session_hours(projects) if signed_in.is_session(self.env) else 0
        age = signed_in.age_seconds(self.env) if hours else 0
        return hours if age is None or age > hours * HOUR else 0

    def _session_hours(self, projects):
        """Return after how many hours the person signs in again for ``projects``; 0: never."""
        self.ensure_one()
        if self.env["ops.project"]._is_everywhere(self):
            setting = self.env["ir.config_parameter"].sudo().get_param(MANAGERS) or ""
            return int(setting) if setting.isascii() and setting.isdigit() else 0
        members = self.env["ops.project.member"]._of_user(self)
        mine = members.filtered(lambda member: member.project_id in projects)
        return min(filter(None, mine.role_id.mapped("session_hours")), default=0)
