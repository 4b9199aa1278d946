"""Asking the person of a session again: the same person, now, and no more weakly than at the sign-in."""

from odoo import fields, models

from ..protocol.refusal import Refused


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    def _prove_again(self, session, login, answer):
        """Return the Proof that the session's person answered now; raise Refused.

        The person must have been at the provider since we asked (``auth_time``, Core 3.1.3.7 (13)):
        a provider that sends the browser back without a look at anybody proves nothing.
        """
        waited = (fields.Datetime.now() - login["begun_at"]).total_seconds()
        proof = self._prove({**login, "max_age_seconds": max(int(waited), 0)}, answer)
        if proof.claims["sub"] != session.subject:
            raise Refused("somebody_else", f"{proof.claims['sub']} instead of {session.subject}")
        if session.has_second_factor and not proof.has_second_factor:
            raise Refused("too_weak", "the sign-in had a second factor, this answer has none")
        session._note_shown(proof)
        return proof
