"""Setting a provider up: a preset fills what is known, discovery the rest."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..adapters import web
from ..protocol import metadata
from ..protocol.presets import PRESETS
from ..protocol.refusal import Refused

KEYS = ("jwks", "jwks_read_at", "jwks_tried_at")


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    preset = fields.Selection(
        [
            ("google", "Google Workspace"),
            ("entra", "Microsoft Entra"),
            ("keycloak", "Keycloak"),
            ("okta", "Okta"),
            ("authentik", "Authentik"),
            ("gitlab", "GitLab"),
            ("other", "Another provider"),
        ],
        help="Fills the form with what is known of this provider.",
    )

    @api.onchange("preset")
    def _onchange_preset(self):
        if not self.preset:
            return
        self.flow = "oidc"
        for name, value in PRESETS.get(self.preset, {}).items():
            self[name] = value
        self.name = self.name or dict(self._fields["preset"].selection)[self.preset]

    @api.onchange("issuer")
    def _onchange_issuer(self):
        """The addresses of one provider must never be used with the name of another."""
        if self.flow == "oidc" and self.issuer != self._origin.issuer:
            for name in metadata.ADDRESSES.values():
                self[name] = False
            self.jwks_read_at = self.jwks_tried_at = False

    def action_discover(self):
        """Fill the addresses from the provider's own configuration."""
        self.ensure_one()
        self.check_access("write")
        try:
            self._discover()
        except Refused as exc:
            text = self.env._("The configuration could not be read: %s.", exc.detail)
            raise UserError(text) from exc
        return True

    def _discover(self):
        if not self.issuer:
            raise Refused("bad_configuration", self.env._("there is no issuer yet"))
        found = metadata.settings(web.read_json(metadata.location(self.issuer)), self.issuer)
        own = self.sudo()  # the column is closed to everybody
        kept = own.client_secret_sealed
        self.write(found)
        own.client_secret_sealed = kept  # for the issuer, who names these addresses

    def _forget_keys(self, vals):
        """Another issuer or key address: keys that were read before are another's."""
        if {"issuer", "jwks_uri"} & set(vals):
            # Whoever may write the address has no right to say when keys were read.
            self.sudo().write({name: False for name in KEYS if name not in vals})
