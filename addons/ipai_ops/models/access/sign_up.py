"""Accounts of this Odoo are made by administrators: it holds the keys of all that runs below it."""

from odoo import api, models

CLOSED = {
    "auth_signup.invitation_scope": "b2b",
    "auth_signup.reset_password": "False",
}
MADE_BY_ODOO = "auth_oauth.provider_openerp"


class Users(models.Model):
    _inherit = "res.users"

    @api.model
    def _close_sign_up(self):
        """Close what Odoo opens when it is installed: sign-up, resets by mail, Odoo's own accounts.

        Administrators may open each again in the settings; an update does not close it a second time.
        """
        settings = self.env["ir.config_parameter"].sudo()
        for name, value in CLOSED.items():
            settings.set_param(name, value)
        provider = self.env.ref(MADE_BY_ODOO, raise_if_not_found=False)
        if provider:
            provider.sudo().enabled = False
