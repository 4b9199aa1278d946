"""How the client proves itself at the token endpoint: secret or signed assertion (Core 9, RFC 7523)."""

import base64
import json
from urllib.parse import quote_plus

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60
ALGORITHM = "ES256"


def proof(method, client_id, secret, audience, now, token_id):
    """Return form values and headers that prove the client. ``secret`` is a PEM key for private_key_jwt."""
    if method == "client_secret_basic":
        return {}, {"Authorization": "Basic " + _basic(client_id, secret)}
    if method == "client_secret_post":
        return {"client_id": client_id, "client_secret": secret}, {}
    if method == "private_key_jwt":
        return _assertion(client_id, secret, audience, now, token_id), {}
    return {"client_id": client_id}, {}


def _basic(client_id, secret):
    """Both are form-encoded first (RFC 6749, 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return base64.b64encode(pair.encode()).decode("ascii")


def _assertion(client_id, key, audience, now, token_id):
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": token_id}
    claims |= {"iat": now, "exp": now + ASSERTION_SECONDS}
    signed = jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id(key)})
    return {
        "client_id": client_id,
        "client_assertion_type": ASSERTION,
        "client_assertion": signed,
    }


def new_key():
    """Return a fresh private key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def public_key(pem):
    """Return the public half as a JWK, for the provider."""
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(private.public_key()))
    return jwk | {"use": "sig", "alg": ALGORITHM, "kid": _thumbprint(jwk)}


def key_id(pem):
    """Return the key's thumbprint (RFC 7638)."""
    return public_key(pem)["kid"]


def _thumbprint(jwk):
    from .request import fingerprint

    needed = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return fingerprint(json.dumps(needed, sort_keys=True, separators=(",", ":")))[:32]
