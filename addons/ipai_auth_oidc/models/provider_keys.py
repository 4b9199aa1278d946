"""The provider's keys: cached for an hour, read again when a new one turns up, with a pause between."""

from datetime import timedelta

from psycopg2 import OperationalError

from odoo import fields, models

from ..adapters import web
from ..protocol import signature
from ..protocol.refusal import Refused, UnknownKey

FRESH_SECONDS = 3600
STALE_SECONDS = 24 * 3600
PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 900


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    jwks = fields.Json(copy=False, groups="base.group_system")
    jwks_read_at = fields.Datetime(string="Keys read at", copy=False, readonly=True)
    jwks_tried_at = fields.Datetime(copy=False, readonly=True)
    jwks_failures = fields.Integer(copy=False, readonly=True)

    def _opened(self, token):
        """Return header and claims of a token this provider signed; raise Refused."""
        keys, are_new = self._keys()
        try:
            return signature.opened(token, keys)
        except UnknownKey:
            if are_new or not self._may_ask_for_keys():
                raise
        return signature.opened(token, self._read_keys())

    def _keys(self):
        """Return keys, and whether they were read just now; old ones serve a day where reading fails."""
        age = self._jwks_age()
        is_usable = age is not None and age < STALE_SECONDS
        if is_usable and (age < FRESH_SECONDS or not self._may_ask_for_keys()):
            return self.jwks, False
        try:
            return self._read_keys(), True
        except Refused:
            if not is_usable:
                raise
            return self.jwks, False

    def _jwks_age(self):
        if not self.jwks or not self.jwks_read_at:
            return None
        return (fields.Datetime.now() - self.jwks_read_at).total_seconds()

    def _may_ask_for_keys(self):
        """Whoever sends tokens with invented key names must not make us hammer the provider."""
        if not self.jwks_tried_at:
            return True
        pause = min(PAUSE_SECONDS * 2**self.jwks_failures, LONGEST_PAUSE_SECONDS)
        return fields.Datetime.now() >= self.jwks_tried_at + timedelta(seconds=pause)

    def _read_keys(self):
        try:
            keys = self._fetched_keys()
        except Refused:
            self._remember_keys(jwks_failures=min(self.jwks_failures + 1, 10))
            raise
        now = fields.Datetime.now()
        self._remember_keys(jwks=keys, jwks_read_at=now, jwks_failures=0)
        return keys

    def _fetched_keys(self):
        return signature.key_list(web.read_json(self.jwks_uri))

    def _remember_keys(self, **values):
        """Store in a transaction of its own: the sign-in may be refused, the keys stay known."""
        values["jwks_tried_at"] = fields.Datetime.now()
        try:
            with self.env.registry.cursor() as cr:
                # Whoever signs in is nobody yet; the cache of public keys is the addon's own.
                self.with_env(self.env(cr=cr)).sudo().write(values)
        except OperationalError:
            return  # another request stored the same at this moment
        self.invalidate_recordset(list(values))
