"""Who may do what with an environment: one question, asked by every action, call and controller."""

from odoo import models
from odoo.exceptions import AccessError

PERMISSIONS = {
    "view": "ipai_ops.group_viewer",
    "logs": "ipai_ops.group_viewer",
    "deploy": "ipai_ops.group_operator",
    "rollback": "ipai_ops.group_operator",
    "backup": "ipai_ops.group_operator",
    "restore": "ipai_ops.group_operator",
    "modules": "ipai_ops.group_operator",
    "settings": "ipai_ops.group_operator",
    "destroy": "ipai_ops.group_operator",
    "download": "ipai_ops.group_manager",
    "shell": "ipai_ops.group_manager",
    "database_shell": "ipai_ops.group_manager",
    "secrets": "ipai_ops.group_manager",
    "approve": "ipai_ops.group_manager",
    "members": "ipai_ops.group_manager",
}


class Environment(models.Model):
    _inherit = "ops.environment"

    def _may(self, permission):
        """Say whether the user has ``permission`` on every environment of the set."""
        return self.env.su or self.env.user.has_group(PERMISSIONS[permission])

    def _check_may(self, permission):
        """Raise AccessError, with a sentence, unless the user has ``permission`` here."""
        self.check_access("read")
        if not self._may(permission):
            raise AccessError(
                self.env._(
                    "You have not the right “%(right)s” on %(place)s; ask a manager for it.",
                    right=permission.replace("_", " "),
                    place=self[:1].display_name or self.env._("this environment"),
                )
            )
