"""The Odoo that is signed in to: its server, its providers, its records."""

from dataclasses import dataclass

import ready_database
from server import Server

CLIENT = "odoo"
SECRET = "a-secret-that-must-not-leak"


@dataclass(frozen=True)
class Site:
    """An Odoo with the addon, and shortcuts to what the tests look at."""

    server: Server
    database: str

    @property
    def url(self):
        return self.server.url

    def call(self, model, method, *arguments, **options):
        return self.server.call(model, method, *arguments, **options)

    def new_provider(self, issuer, **values):
        """Make a provider that is not yet allowed; ``read`` and ``allow`` come when it answers."""
        usual = {"name": issuer, "flow": "oidc", "issuer": issuer, "client_id": CLIENT}
        usual |= {
            "client_secret": SECRET,
            "body": "Sign in with Example",
            "account_policy": "create",
        }
        usual["scope"] = "openid profile email"
        return self.call("auth.oauth.provider", "create", [usual | values])[0]

    def allow(self, provider):
        self.call("auth.oauth.provider", "action_discover", [provider])
        self.set(provider, enabled=True)

    def set(self, provider, **values):
        self.call("auth.oauth.provider", "write", [provider], values)

    def set_keys_state(self, provider, **values):
        """Set what the product itself noted of a provider's keys: nobody else writes it."""
        parts = ", ".join(f"{name} = {_literal(value)}" for name, value in values.items())
        query = f"UPDATE auth_oauth_provider SET {parts} WHERE id = {int(provider)}"
        ready_database.postgres("psql", "-c", query, self.database)

    def read(self, model, domain, *names):
        return self.call(model, "search_read", domain, list(names))

    def event(self, reference):
        """Return reason and detail of what a person was shown a reference of."""
        [event] = self.read("ipai.oidc.event", [("reference", "=", reference)], "code", "detail")
        return event["code"], event["detail"] or ""

    def set_back(self, moment, *sessions):
        """Let time go by for sessions: nobody writes them but Odoo itself."""
        numbers = ", ".join(str(int(number)) for number in sessions)
        query = f"UPDATE ipai_oidc_session SET {moment} = '2020-01-01' WHERE id IN ({numbers})"
        ready_database.postgres("psql", "-c", query, self.database)

    def user(self, login):
        names = ("login", "name", "oauth_uid", "group_ids", "active")
        context = {"active_test": False}
        domain = [("login", "=", login)]
        found = self.call("res.users", "search_read", domain, list(names), context=context)
        return found[0] if found else None


def client(site, provider, **values):
    """Return what the certified provider has to know of a provider record."""
    [record] = site.read(
        "auth.oauth.provider",
        [("id", "=", provider)],
        "redirect_uri",
        "backchannel_uri",
        "signed_out_uri",
    )
    return {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [record["redirect_uri"]],
        "post_logout_redirect_uris": [record["signed_out_uri"]],
        "backchannel_logout_uri": record["backchannel_uri"],
        "backchannel_logout_session_required": True,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        **values,
    }


def _literal(value):
    if value is False:
        return "NULL"
    return str(value) if isinstance(value, int) else f"'{value}'"
