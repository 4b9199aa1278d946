"""The login page: a button per provider, and no password form where single sign-on is the rule."""

from urllib.parse import urlencode

from odoo.addons.auth_oauth.controllers.main import OAuthLogin
from odoo.http import request, route

from ..models.res_users import SCOPE_PARAMETER
from ..protocol.addresses import HOME, landing_path


class LoginPage(OAuthLogin):
    def list_providers(self):
        """Core builds links of the implicit flow; those of OpenID Connect go to our own start."""
        providers = super().list_providers()
        # Whoever looks at the login page is nobody yet and may read no provider.
        oidc = (
            request.env["auth.oauth.provider"]
            .sudo()
            .search([("flow", "=", "oidc"), ("enabled", "=", True)])
        )
        by_id = {provider.id: provider for provider in oidc}
        buttons = [_button(by_id[one["id"]]) if one["id"] in by_id else one for one in providers]
        # Where single sign-on is the only way in, a button that opens nothing is not shown.
        return [one for one in buttons if one["id"] in by_id] if _scope() == "everyone" else buttons

    @route()
    def web_login(self, *args, **kw):
        response = super().web_login(*args, **kw)
        if response.is_qweb:
            is_emergency = bool(request.params.get("emergency"))
            response.qcontext["is_sso_only"] = _scope() == "everyone" and not is_emergency
        return response


def _scope():
    # The rule is no secret, but parameters are read by nobody.
    return request.env["ir.config_parameter"].sudo().get_param(SCOPE_PARAMETER)


def _button(provider):
    landing = landing_path(request.params.get("redirect"))
    query = "" if landing == HOME else "?" + urlencode({"redirect": landing})
    return {
        "id": provider.id,
        "body": provider.body,
        "css_class": provider.css_class,
        "auth_link": f"/auth_oidc/start/{provider.id}{query}",
    }
