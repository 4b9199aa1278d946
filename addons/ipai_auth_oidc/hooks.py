"""What must not stay behind."""

from odoo.tools import SQL

from .models.res_users import SCOPE_PARAMETER


def post_init_hook(env):
    """Close the provider that Odoo opens by itself, unless somebody signs in with it."""
    own = env.ref("auth_oauth.provider_openerp", raise_if_not_found=False)
    people = env["res.users"].with_context(active_test=False)
    if own and not people.search_count([("oauth_provider_id", "=", own.id)], limit=1):
        own.enabled = False


def uninstall_hook(env):
    """Take the rule away: installed again it would find no emergency account. Odoo's own flow, which these
    providers would fall back to, takes a token made for anybody: so they are not allowed any more, and
    have text where that flow demands some.
    """
    env["ir.config_parameter"].set_param(SCOPE_PARAMETER, False)
    env["auth.oauth.provider"].search([("flow", "=", "oidc")]).enabled = False
    env.flush_all()
    for column in ("auth_endpoint", "validation_endpoint"):
        name = SQL.identifier(column)
        env.cr.execute(SQL("UPDATE auth_oauth_provider SET %s = '' WHERE %s IS NULL", name, name))
