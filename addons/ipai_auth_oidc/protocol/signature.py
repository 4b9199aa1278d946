"""Whether a token was signed by the provider: JWS with a list of safe algorithms, and nothing else.

The algorithm is never taken from the token alone: it must be on the list, and the key must be of the kind
and curve that belongs to it. So ``none`` and an HMAC made with the public key have no way in (RFC 8725, 3).
"""

import json

import jwt

from .refusal import Refused, UnknownKey

KINDS = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
ALGORITHMS = tuple(KINDS)
LONGEST_TOKEN = 64 * 1024
MOST_KEYS = 50
SMALLEST_RSA_BITS = 2048
# What the libraries raise for keys and signatures that are nonsense.
NO_KEY = (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, OverflowError)


def opened(token, keys, algorithms=ALGORITHMS):
    """Return header and claims of a signed token; raise UnknownKey or Refused.

    ``keys`` is the list ``keys`` of a JWK set.
    """
    header = _header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in KINDS or algorithm not in algorithms:
        raise Refused("bad_token", f"algorithm {algorithm} is not accepted")
    if "crit" in header or "b64" in header:
        raise Refused("bad_token", "the token has extensions that must be understood")
    candidates = usable_keys(keys, algorithm, header.get("kid"))
    if not candidates:
        raise UnknownKey("bad_token", f"no {algorithm} key {header.get('kid')} in the key set")
    return header, _claims(_payload(token, candidates, algorithm))


def usable_keys(keys, algorithm, kid=None):
    """Return the keys of a JWK set that can have made a signature with ``algorithm``."""
    kind, curve = KINDS[algorithm]
    return [
        key
        for key in keys[:MOST_KEYS]
        if isinstance(key, dict)
        and key.get("kty") == kind
        and (curve is None or key.get("crv") == curve)
        and key.get("use", "sig") == "sig"
        and _can_verify(key.get("key_ops", ["verify"]))
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]


def _can_verify(works):
    return isinstance(works, list) and "verify" in works


def key_list(document):
    """Return the keys of a JWK set; raise Refused where the document is none."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise Refused("bad_keys", "the key set holds no list of keys")
    return [key for key in keys[:MOST_KEYS] if isinstance(key, dict) and key.get("kty") != "oct"]


def _header(token):
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise Refused("bad_token", "there is no token, or it is too long")
    try:
        return jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as exc:
        raise Refused("bad_token", f"not a signed token: {exc}") from exc


def _payload(token, candidates, algorithm):
    reason = "no key fits"
    for candidate in candidates:
        try:
            key = jwt.PyJWK(candidate, algorithm=algorithm).key
            if getattr(key, "key_size", SMALLEST_RSA_BITS) < SMALLEST_RSA_BITS and _is_rsa(
                candidate
            ):
                raise Refused("bad_token", "the RSA key is shorter than 2048 bits")
            return jwt.PyJWS().decode_complete(token, key, algorithms=[algorithm])["payload"]
        except NO_KEY as exc:
            reason = f"{type(exc).__name__}: {exc}"
    raise Refused("bad_token", f"the signature is wrong ({reason})")


def _is_rsa(key):
    return key.get("kty") == "RSA"


def _claims(payload):
    try:
        claims = json.loads(payload, parse_constant=_no_constant, object_pairs_hook=_no_doubles)
    except (ValueError, RecursionError) as exc:
        raise Refused("bad_token", f"the claims cannot be read: {exc}") from exc
    if not isinstance(claims, dict):
        raise Refused("bad_token", "the claims are no object")
    return claims


def _no_constant(word):
    raise ValueError(f"{word} is no number")


def _no_doubles(pairs):
    """Two claims of one name: two readers could see two truths (RFC 8725, 2.6)."""
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a claim is there twice")
    return names
