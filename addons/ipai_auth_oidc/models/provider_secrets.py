"""A provider's secrets: written, used, never read back. The key that seals them is not in the database."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..adapters import key_file
from ..protocol import client_proof, sealing
from ..protocol.refusal import Refused


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    client_secret = fields.Char(
        compute="_compute_client_secret",
        inverse="_inverse_client_secret",
        help="Can be set, not read. It is stored encrypted.",
    )
    client_secret_sealed = fields.Char(
        groups=fields.NO_ACCESS, copy=False, goes_to=("issuer", "token_endpoint")
    )
    private_key_sealed = fields.Char(
        groups=fields.NO_ACCESS,
        copy=False,
        goes_nowhere="It signs for the address that is called, and is never sent.",
    )
    has_client_secret = fields.Boolean(compute="_compute_has_secrets")
    has_private_key = fields.Boolean(compute="_compute_has_secrets")

    def write(self, vals):
        """A secret is for the addresses it was given for: at others it is given anew, or gone."""
        old = [(one._addresses(), one.sudo().client_secret_sealed) for one in self]
        done = super().write(vals)
        for provider, (before, kept) in zip(self, old, strict=True):
            after = provider._addresses()
            provider._forget_what_moved(
                {name for name in after if before[name] != after[name]}, kept
            )
        self._forget_keys(vals)
        return done

    def _addresses(self):
        names = {name for each in self._secrets_by_address() for name in each[2]}
        return {name: (self[name] or "").strip().rstrip("/") for name in names}

    @api.model
    def _secrets_by_address(self):
        """Return (model, field, names of the provider's addresses) of everything that is sent there."""
        rows = []
        for model in (self._name, "ipai.oidc.session", "ipai.oidc.login"):
            for name, field in self.env[model]._fields.items():
                goes_to = getattr(field, "goes_to", ())
                rows += (
                    [(model, name, [each.split(".")[-1] for each in goes_to])] if goes_to else []
                )
        return rows

    def _forget_what_moved(self, moved, kept):
        """Delete what was for the old addresses, but a client's secret that was given just now."""
        self.ensure_one()
        own = self.sudo()  # closed to everybody; whoever may move the provider has them deleted
        for model, name, names in self._secrets_by_address():
            if not moved.intersection(names):
                continue
            if model == self._name:
                own[name] = False if own[name] == kept else own[name]
                continue
            rows = own.env[model].search([("provider_id", "=", self.id)])
            if rows._fields[name].required:
                rows.unlink()  # whoever is on the way begins again
            else:
                rows.write({name: False})

    def _compute_client_secret(self):
        self.client_secret = False

    def _inverse_client_secret(self):
        for provider in self.filtered("client_secret"):
            # The sealed column is closed to everybody; writing it is what this field is for.
            secret = provider.client_secret.strip()
            provider.sudo().client_secret_sealed = provider._sealed(secret, "client_secret")
        self.invalidate_recordset(["client_secret", "has_client_secret"])

    def _compute_has_secrets(self):
        for provider, closed in zip(self, self.sudo(), strict=True):
            provider.has_client_secret = bool(closed.client_secret_sealed)
            provider.has_private_key = bool(closed.private_key_sealed)

    def action_new_private_key(self):
        """Make a key for private_key_jwt; the provider reads the public half at our keys address."""
        self.ensure_one()
        self.check_access("write")
        # The sealed column is closed to everybody, administrators too.
        self.sudo().private_key_sealed = self._sealed(client_proof.new_key(), "private_key")
        return True

    def action_forget_client_secret(self):
        """Take the secret away."""
        self.check_access("write")
        # The sealed column is closed to everybody, administrators too.
        self.sudo().client_secret_sealed = False
        return True

    def _public_keys(self):
        """Return our public keys as a JWK set."""
        key = self.sudo().private_key_sealed and self._unsealed("private_key")
        return {"keys": [client_proof.public_key(key)] if key else []}

    def _sealed(self, text, place):
        try:
            return sealing.seal(text, f"{self._table}.{place}.{self.id}", key_file.keys())
        except (sealing.KeyMissing, OSError) as exc:
            raise UserError(self.env._("The secret cannot be stored: %s.", exc)) from exc

    def _unsealed(self, place):
        """Return a secret; raise Refused with a plain reason where its key is lost."""
        value = self.sudo()[f"{place}_sealed"]
        if not value:
            raise Refused("bad_configuration", f"{self.name} has no {place.replace('_', ' ')}")
        try:
            return sealing.unseal(value, f"{self._table}.{place}.{self.id}", key_file.keys())
        except sealing.KeyMissing as exc:
            raise Refused("key_lost", f"{place} of {self.name}: {exc}") from exc

    def _seal_again(self):
        """Seal every secret with the first key of the file, so that an older key can be taken away."""
        for provider in self.search([]):
            for place in ("client_secret", "private_key"):
                if provider.sudo()[f"{place}_sealed"]:
                    text = provider._unsealed(place)
                    provider.sudo()[f"{place}_sealed"] = provider._sealed(text, place)

    def copy_data(self, default=None):
        """A copy is another client: it is not allowed until it was set up."""
        return super().copy_data({"enabled": False, **(default or {})})
