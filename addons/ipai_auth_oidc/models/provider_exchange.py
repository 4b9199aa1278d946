"""From the provider's answer to proven claims. Nothing is read from or written to people's records here."""

import secrets
import time
from dataclasses import dataclass

from odoo import models

from ..adapters import web
from ..protocol import addresses, claims, client_proof, request, tokens
from ..protocol.refusal import Refused


@dataclass(frozen=True)
class Proof:
    """What the provider proved: the claims, the tokens to keep, and whether a second factor was used.

    ``shown_at``: when the person was there, as seconds since 1970; None where the provider does not tell.
    """

    claims: dict
    id_token: str
    refresh_token: str
    has_second_factor: bool
    shown_at: float | None


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    def _max_age(self, is_asked_again):
        if is_asked_again:
            return 0
        return self.max_age_minutes * 60 if self.max_age_minutes else -1

    def _ask(self, state, nonce, verifier, max_age, prompt):
        return request.Ask(
            endpoint=self.auth_endpoint,
            client_id=self.client_id,
            redirect_uri=self.redirect_uri,
            scope=self.scope or "",
            state=state,
            nonce=nonce,
            verifier=verifier,
            acr_values=" ".join(self._words("acr_values")),
            max_age_seconds=None if max_age < 0 else max_age,
            prompt=prompt or "",
            extra=self._extra_parameters(),
        )

    def _extra_parameters(self):
        domains = self._lower_words("domains")
        return (("hd", domains[0] if len(domains) == 1 else "*"),) if domains else ()

    def _prove(self, login, answer):
        """Return the Proof for the answer to ``login``; raise Refused."""
        code = request.code_of(answer, self.issuer, self.is_issuer_promised)
        said = self._ask_for_tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": login["redirect_uri"],
                "code_verifier": login["verifier"],
            }
        )
        max_age = login["max_age_seconds"]
        expected = self._expected(login["nonce"], None if max_age < 0 else max_age)
        header, found = self._opened_id_token(said, expected)
        tokens.check_hash(found, "c_hash", code, header["alg"])
        self._check_claims(found)
        return self._proof(said, self._completed(found, said["access_token"]))

    def _proof(self, said, found):
        return Proof(
            claims=found,
            id_token=said.get("id_token", ""),
            refresh_token=said.get("refresh_token") or "",
            has_second_factor=claims.has_second_factor(found, self._words("second_factor_values")),
            shown_at=claims.seen_at(found),
        )

    def _expected(self, nonce=None, max_age=None):
        return tokens.Expected(
            issuer=self.issuer,
            client_id=self.client_id,
            nonce=nonce,
            trusted_audiences=self._words("trusted_audiences"),
            leeway_seconds=self.leeway_seconds,
            max_age_seconds=max_age,
        )

    def _opened_id_token(self, said, expected):
        header, found = self._opened(said.get("id_token"))
        tokens.check_id_token(found, expected, time.time())
        tokens.check_hash(found, "at_hash", said["access_token"], header["alg"])
        return header, found

    def _ask_for_tokens(self, form):
        """Return the token endpoint's answer; raise Refused where it refuses or answers nonsense."""
        addresses.endpoint(self.token_endpoint, "the token endpoint")
        values, headers = self._client_proof()
        answer = web.call("POST", self.token_endpoint, {**form, **values}, headers)
        said = answer.json()
        if not isinstance(said, dict):
            raise Refused("bad_answer", "the token endpoint sent no JSON object")
        if answer.status != 200:
            raise Refused(_token_refusal(said, answer.status), _error_text(said, answer.status))
        is_bearer = str(said.get("token_type", "")).lower() == "bearer"
        if not is_bearer or not isinstance(said.get("access_token"), str):
            raise Refused("bad_answer", "the token endpoint sent no bearer token")
        return said

    def _client_proof(self):
        place = {"private_key_jwt": "private_key", "none": None}.get(
            self.auth_method, "client_secret"
        )
        return client_proof.proof(
            self.auth_method,
            self.client_id,
            self._unsealed(place) if place else None,
            self.token_endpoint,
            int(time.time()),
            secrets.token_urlsafe(16),
        )

    def _check_claims(self, found):
        claims.check_domain(found, self._lower_words("domains"))
        claims.check_strength(found, self._words("acr_values"), self._words("amr_values"))

    def _completed(self, found, access_token):
        """Return the claims, with what is missing taken from userinfo of the same person (Core 5.3.2)."""
        needed = {"email", "name"} | ({self._first_part()} if self.groups_claim else set())
        if not self.validation_endpoint or needed <= set(found):
            return found
        info = web.read_json(self.validation_endpoint, {"Authorization": f"Bearer {access_token}"})
        if not isinstance(info, dict) or info.get("sub") != found["sub"]:
            raise Refused("bad_answer", "userinfo is about somebody else")
        return claims.completed(found, info, self.verified_claim)

    def _first_part(self):
        is_whole = "://" in self.groups_claim
        return self.groups_claim if is_whole else self.groups_claim.partition(".")[0]


def _token_refusal(said, status):
    if status >= 500:
        return "unreachable"
    if said.get("error") == "invalid_client":
        return "bad_configuration"
    return "code_refused"


def _error_text(said, status):
    return f"token endpoint: {status} {said.get('error', '')} {said.get('error_description', '')}"
