"""The way to the provider and back: OpenID Connect Core 3.1.2, PKCE (RFC 7636), issuer (RFC 9207)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .refusal import Refused

LONGEST_CODE = 4096


@dataclass(frozen=True)
class Ask:
    """What a sign-in asks the provider for. ``max_age_seconds`` None: any session is fresh enough."""

    endpoint: str
    client_id: str
    redirect_uri: str
    scope: str
    state: str
    nonce: str
    verifier: str
    acr_values: str = ""
    max_age_seconds: int | None = None
    prompt: str = ""
    extra: tuple = ()


def challenge(verifier):
    """Return the S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorization_url(ask):
    """Return where the browser goes to; parameters the endpoint already has are kept."""
    scopes = ask.scope.split()
    wanted = {
        "response_type": "code",
        "client_id": ask.client_id,
        "redirect_uri": ask.redirect_uri,
        "scope": " ".join(scopes if "openid" in scopes else ["openid", *scopes]),
        "state": ask.state,
        "nonce": ask.nonce,
        "code_challenge": challenge(ask.verifier),
        "code_challenge_method": "S256",
        "acr_values": ask.acr_values,
        "max_age": "" if ask.max_age_seconds is None else str(ask.max_age_seconds),
        "prompt": ask.prompt,
    }
    parts = urlsplit(ask.endpoint)
    query = dict(parse_qsl(parts.query)) | dict(ask.extra)
    query |= {name: value for name, value in wanted.items() if value}
    return urlunsplit(parts._replace(query=urlencode(query)))


def code_of(answer, issuer, is_issuer_promised):
    """Return the code of an authorization response; raise Refused where it is not from ``issuer``.

    The issuer is compared first: an error of the wrong provider must not be believed either (RFC 9207, 2.4).
    """
    said = answer.get("iss")
    if said is not None and said != issuer:
        raise Refused("mixed_up", f"the answer came from {said}, asked was {issuer}")
    if said is None and is_issuer_promised:
        raise Refused("mixed_up", f"{issuer} promises to name itself and did not")
    if answer.get("error"):
        raise Refused(_error_code(answer["error"]), _error_detail(answer))
    code = answer.get("code")
    if not code or len(code) > LONGEST_CODE:
        raise Refused("bad_answer", "the answer holds no usable code")
    return code


def _error_code(error):
    if error == "access_denied":
        return "denied"
    if error in ("temporarily_unavailable", "server_error"):
        return "unreachable"
    if error in ("login_required", "interaction_required", "unmet_authentication_requirements"):
        return "too_weak"
    return "bad_answer"


def _error_detail(answer):
    return f"{answer['error']}: {answer.get('error_description', '')}"


def is_same(left, right):
    """Compare two secrets in constant time."""
    return hmac.compare_digest(str(left).encode(), str(right).encode())


def fingerprint(secret):
    """Return what may be stored of a secret that is only ever compared."""
    return hashlib.sha256(secret.encode()).hexdigest()
