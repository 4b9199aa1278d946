"""What must not stay behind."""

from .models.res_users import SCOPE_PARAMETER


def uninstall_hook(env):
    """Take the rule away: installed again it would find no emergency account. Odoo's own flow, which these
    providers would fall back to, takes a token made for anybody: so they are not allowed any more.
    """
    env["ir.config_parameter"].set_param(SCOPE_PARAMETER, False)
    env["auth.oauth.provider"].search([("flow", "=", "oidc")]).enabled = False
