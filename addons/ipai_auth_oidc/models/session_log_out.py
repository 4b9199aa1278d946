"""RP-initiated log-out. The ID token goes in a form: in an address it would end up in logs."""

from odoo import models


class IpaiOidcSession(models.Model):
    _inherit = "ipai.oidc.session"

    def _log_out_request(self):
        """Return the form that ends the session at the provider, too; None where that is not wanted."""
        provider = self.provider_id
        if not self.is_live or not provider.is_logout_sent or not provider.end_session_endpoint:
            return None
        values = {
            "client_id": provider.client_id,
            "post_logout_redirect_uri": provider.signed_out_uri,
            "id_token_hint": self._unsealed("id_token_sealed"),
        }
        return {
            "url": provider.end_session_endpoint,
            "provider": provider.name,
            "values": {name: value for name, value in values.items() if value},
        }
