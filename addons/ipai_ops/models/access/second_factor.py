"""Whoever acts on production in a role that asks for it has shown a second factor."""

from odoo import models

from ...authentication import api_call, signed_in

MANAGERS = "ipai_ops.managers_need_second_factor"


class Users(models.Model):
    _inherit = "res.users"

    def _is_indeed_manager(self):
        """Say whether the person is a manager, whatever key they came with."""
        return self._has_group("ipai_ops.group_manager")

    def _needs_second_factor(self, projects=None):
        """Say whether a role the person holds on ``projects``, or on any, asks for a second factor."""
        self.ensure_one()
        if self._is_indeed_manager():  # also with a key, which makes nobody a manager elsewhere
            setting = self.env["ir.config_parameter"].sudo().get_param(MANAGERS)
            return setting in ("1", "True")
        mine = self.env["ops.project.member"]._of_user(self)
        if projects is not None:
            mine = mine.filtered(lambda member: member.project_id in projects)
        return any(mine.role_id.mapped("needs_second_factor"))

    def _has_shown_second(self):
        """Say whether this session, or the key in its place, stands behind a second factor.

        With an authenticator app nobody gets a session without its code; a passkey and an identity
        provider leave their mark in the session; a key of ours was made behind one.
        """
        self.ensure_one()
        held = api_call.scope(self.env)
        if self.totp_enabled or (held and held.has_second_factor):
            return True
        return bool(signed_in.second_at(self.env))

    def _confirms_with_second_factor(self):
        """Say whether the person shows a second factor when asked again: a role wants it, they have one.

        Who has none is not asked for it: production is closed to them, and elsewhere the password does.
        """
        has_one = self.totp_enabled or self.sudo().auth_passkey_key_ids
        return bool(has_one or signed_in.second_at(self.env)) and self._needs_second_factor()
