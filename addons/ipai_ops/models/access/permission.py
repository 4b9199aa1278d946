"""Who may do what: one question, asked by every action, call, rule and controller.

A person's rights come from memberships (``ops.project.member``): a role, its permissions and the
stages they hold in. Managers have every right everywhere. ``_may`` answers True to the product
itself (``sudo``); the fields ``may_…`` always tell about the person, so record rules can use them.

Another model is hidden from those who are no members by one record rule without groups:
``[("environment_id.may_view", "=", True)]``, or ``run_id.may_view``, ``run_id.may_logs``,
``project_id.may_view`` where rows belong to those.
"""

from odoo import fields, models
from odoo.exceptions import AccessError

from ...engine.permissions import PERMISSIONS
from ..audit.refusals import refusals_kept

MEMBERSHIP = "member_ids.role_id.right_ids.permission"
MEMBERSHIPS = ("member_ids.user_id", "member_ids.group_id", "member_ids.until", MEMBERSHIP)
HARMLESS = ("view", "logs")
REAUTHENTICATED = ("destroy", "rollback", "download", "secrets", "shell", "database_shell")
REAUTHENTICATED_ON_PRODUCTION = ("restore",)


class PermissionMixin(models.AbstractModel):
    """A model of ours on which people have permissions says ``_may`` and where it belongs."""

    _name = "ops.permission.mixin"
    _description = "What people have permissions on"

    def _check_may(self, permission, stage=None):
        """Raise, with a sentence, unless the user may do this here and now.

        AccessError is a no, and it is in the audit trail. RedirectWarning leads to the dialog in which
        one shows again who one is.
        """
        with refusals_kept(self, permission):
            self.check_access("read")
            self._check_has_permission(permission, stage)
            self._check_second_factor(permission)
            self._check_session_age(permission)
        self._check_reauthenticated(permission)

    def _may(self, permission, stage=None):
        """Say whether the user has ``permission`` on every record of the set."""
        raise NotImplementedError

    def _environments(self):
        """Return the environments it is about: what is production asks for more."""
        return self.env["ops.environment"]

    def _check_has_permission(self, permission, stage=None):
        """Raise AccessError unless the user was given ``permission`` here."""
        if not self._may(permission, stage):
            raise refusal(self, permission)

    def _check_second_factor(self, permission):
        """Raise AccessError where production is touched without the second factor it takes."""
        if self.env.su or permission in HARMLESS:
            return
        guarded, user = self._guarded(), self.env.user
        if (
            guarded
            and user._needs_second_factor(guarded.project_id)
            and not user._has_shown_second()
        ):
            raise AccessError(
                self.env._(
                    "Production asks for a second factor. Set up an authenticator app or a passkey "
                    "in your preferences (Security), or sign in with it, then try again."
                )
            )

    def _check_session_age(self, permission):
        """Raise AccessError where production is touched in a session that is too old for it."""
        if self.env.su or permission in HARMLESS:
            return
        guarded = self._guarded()
        hours = guarded and self.env.user._outlived_session_hours(guarded.project_id)
        if hours:
            raise AccessError(
                self.env._(
                    "Production asks for a sign-in of the last %s hours. "
                    "Log out, sign in, then try again.",
                    hours,
                )
            )

    def _check_reauthenticated(self, permission):
        """Ask for what cannot be undone who is there, unless that was shown lately."""
        is_asked = permission in REAUTHENTICATED or (
            permission in REAUTHENTICATED_ON_PRODUCTION and self._guarded()
        )
        if is_asked and not self.env.su:
            self.env.user._check_confirmed()

    def _guarded(self):
        """Return the environments among its own that are production."""
        return self._environments().filtered(lambda one: one.stage == "production")


def may_field(searched=None, **options):
    """Return a field that says whether the user may; ``searched`` is the permission records are found by."""

    def search(records, operator, value):
        return records._domain_may(searched, operator, value)

    return fields.Boolean(compute="_compute_may", search=searched and search, **options)


def refusal(records, permission):
    return AccessError(
        records.env._(
            "You have not the right “%(right)s” on %(place)s; ask an administrator of the project.",
            right=PERMISSIONS[permission],
            place=records[:1].display_name or records._description,
        )
    )
