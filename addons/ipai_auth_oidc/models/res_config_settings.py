"""Whether single sign-on is the only way in."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .res_users import SCOPE_PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    oidc_sso_only = fields.Selection(
        [("internal", "Internal users"), ("everyone", "Everyone")],
        string="Single sign-on only for",
        config_parameter=SCOPE_PARAMETER,
        help="These people sign in with a provider alone; passwords of emergency accounts go on working.",
    )

    def set_values(self):
        super().set_values()
        self._check_emergency_account()

    @api.model
    def _check_emergency_account(self):
        """Nobody may lock everybody out: the rule needs a provider and an administrator with a password."""
        if not self.env["ir.config_parameter"].sudo().get_param(SCOPE_PARAMETER):
            return
        if not self._has_emergency_account():
            raise ValidationError(
                self.env._(
                    "Single sign-on as the only way in needs an emergency account: an active administrator "
                    "with a password, marked so on the user’s page."
                )
            )
        providers = self.env["auth.oauth.provider"].sudo()
        if not providers.search_count([("flow", "=", "oidc"), ("enabled", "=", True)], limit=1):
            raise ValidationError(
                self.env._(
                    "Allow an OpenID Connect provider first: nobody could sign in otherwise."
                )
            )

    def _has_emergency_account(self):
        # Passwords are nobody's to read; asked is only whether there is one.
        users = self.env["res.users"].sudo().search([("oidc_break_glass", "=", True)])
        admins = users.filtered(lambda user: user.has_group("base.group_system"))
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT 1 FROM res_users WHERE id IN %s AND active AND COALESCE(password, '') != ''",
            [tuple(admins.ids) or (0,)],
        )
        return bool(self.env.cr.rowcount)
