"""API keys of people who come by single sign-on live on for some days only after their last sign-in."""

from datetime import timedelta

from odoo import fields, models


class ResUsersApikeys(models.Model):
    _inherit = "res.users.apikeys"

    def _check_credentials(self, *, scope, key):
        user_id = super()._check_credentials(scope=scope, key=key)
        if not user_id or self._is_vouched_for(user_id):
            return user_id
        return None

    def _is_vouched_for(self, user_id):
        # Whoever calls with a key is nobody yet.
        user = self.env["res.users"].sudo().browse(user_id)
        provider = user.oauth_provider_id
        if not user.oauth_uid or provider.flow != "oidc" or not provider.api_key_days:
            return True
        since = fields.Datetime.now() - timedelta(days=provider.api_key_days)
        proven = [
            ("user_id", "=", user_id),
            ("proven_at", ">", since),
            ("end_reason", "!=", "closed"),
        ]
        return bool(self.env["ipai.oidc.session"].sudo().search_count(proven, limit=1))
