"""What the tests inside Odoo share."""

from odoo.tests import new_test_user

ISSUER = "https://sso.example.test"


def make_provider(env, **values):
    """Return a provider that could be signed in with."""
    usual = {
        "name": "Example",
        "flow": "oidc",
        "body": "Sign in",
        "issuer": ISSUER,
        "client_id": "odoo",
        "auth_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/keys",
        "enabled": True,
    }
    return env["auth.oauth.provider"].create(usual | values)


def make_admin(env, login, **values):
    """Return an administrator whose password is the login."""
    return new_test_user(env, login, "base.group_user,base.group_system", password=login, **values)
