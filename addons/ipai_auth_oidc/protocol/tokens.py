"""What an ID token (OpenID Connect Core 3.1.3.7) and a log-out token (Back-Channel Logout 2.6) must say."""

import base64
import hashlib
from dataclasses import dataclass

from .refusal import Refused
from .request import is_same

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST_NAME = 255
LAST_MOMENT = 10**12
HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


@dataclass(frozen=True)
class Expected:
    """What this sign-in may believe. ``nonce`` None: none was sent (a renewed token)."""

    issuer: str
    client_id: str
    nonce: str | None = None
    trusted_audiences: tuple = ()
    leeway_seconds: int = 60
    oldest_seconds: int = 600
    max_age_seconds: int | None = None


def check_id_token(claims, expected, now):
    """Raise Refused unless the claims are for us, of now, and answer our question."""
    _check_origin(claims, expected)
    _check_times(claims, expected, now)
    subject(claims)
    if expected.nonce is not None and not is_same(claims.get("nonce", ""), expected.nonce):
        raise Refused("bad_token", "the nonce is not the one that was sent")
    _check_auth_time(claims, expected, now)


def check_hash(claims, name, value, algorithm):
    """Compare ``at_hash`` or ``c_hash``, where the token has it, with what came along (Core 3.1.3.8)."""
    said = claims.get(name)
    if said is None:
        return
    size = algorithm[-3:] if algorithm[-3:] in HASHES else "512"  # EdDSA with Ed25519 is SHA-512
    digest = HASHES[size](value.encode("ascii", "replace")).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not is_same(said, half):
        raise Refused("bad_token", f"{name} does not belong to what came with the token")


def check_logout_token(header, claims, expected, now):
    """Raise Refused unless this is a log-out token for us; an ID token is none."""
    if str(header.get("typ", "logout+jwt")).lower() not in ("logout+jwt", "jwt"):
        raise Refused("bad_token", f"type {header['typ']} is not that of a log-out token")
    _check_origin(claims, expected)
    _check_times(claims, expected, now)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise Refused("bad_token", "it tells of no log-out")
    if "nonce" in claims:
        raise Refused("bad_token", "a log-out token has no nonce")
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise Refused("bad_token", "a log-out token needs a jti")
    names = [claims[name] for name in ("sub", "sid") if name in claims]
    if not names or not all(map(is_name, names)):
        raise Refused("bad_token", "it names neither a person nor a session")


def subject(claims):
    """Return who it is about; raise Refused where that is not a short text."""
    sub = claims.get("sub")
    if not is_name(sub):
        raise Refused("bad_token", "sub is missing or no short text")
    return sub


def is_name(value):
    """Return whether a value is a short text that can be stored and shown."""
    is_text = isinstance(value, str) and bool(value.strip())
    return is_text and len(value) <= LONGEST_NAME and value.isprintable()


def _check_origin(claims, expected):
    if claims.get("iss") != expected.issuer:
        raise Refused("bad_token", f"issuer {claims.get('iss')} instead of {expected.issuer}")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or expected.client_id not in audiences:
        raise Refused("bad_token", f"it was made for {audience}, not for {expected.client_id}")
    strangers = {str(name) for name in audiences} - {
        expected.client_id,
        *expected.trusted_audiences,
    }
    if strangers:
        raise Refused(
            "bad_token", f"it was also made for {sorted(strangers)}, which are not trusted"
        )
    party = claims.get("azp")
    if party not in (None, expected.client_id) or (len(audiences) > 1 and party is None):
        raise Refused("bad_token", f"azp is {party} instead of {expected.client_id}")


def _check_times(claims, expected, now):
    leeway = expected.leeway_seconds
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    if now >= expires + leeway:
        raise Refused("wrong_time", f"it expired {now - expires:.0f} s ago by our clock")
    if issued > now + leeway:
        raise Refused("wrong_time", f"it was made {issued - now:.0f} s in the future by our clock")
    if issued < now - expected.oldest_seconds - leeway:
        raise Refused("wrong_time", f"it was made {now - issued:.0f} s ago")
    if "nbf" in claims and _moment(claims, "nbf") > now + leeway:
        raise Refused("wrong_time", "it is not valid yet")


def _check_auth_time(claims, expected, now):
    if expected.max_age_seconds is None:
        return
    if claims.get("auth_time") is None:
        raise Refused("not_told_when", "the provider was asked for auth_time and did not send it")
    age = now - _moment(claims, "auth_time")
    if age > expected.max_age_seconds + expected.leeway_seconds:
        raise Refused("too_old", f"the person signed in at the provider {age:.0f} s ago")
    if age < -expected.leeway_seconds:
        raise Refused("wrong_time", "auth_time is in the future")


def _moment(claims, name):
    value = claims.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not -LAST_MOMENT < value < LAST_MOMENT:  # neither is nan
        raise Refused("bad_token", f"{name} is no moment")
    return value
