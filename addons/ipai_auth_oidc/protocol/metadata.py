"""What a provider says of itself: OpenID Connect Discovery 1.0."""

from .addresses import endpoint
from .refusal import Refused
from .signature import ALGORITHMS

PATH = "/.well-known/openid-configuration"
ADDRESSES = {
    "authorization_endpoint": "auth_endpoint",
    "token_endpoint": "token_endpoint",
    "jwks_uri": "jwks_uri",
    "userinfo_endpoint": "validation_endpoint",
    "end_session_endpoint": "end_session_endpoint",
}
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
METHODS = ("private_key_jwt", "client_secret_basic", "client_secret_post", "none")


def location(issuer):
    """Return where an issuer's configuration is (Discovery 4)."""
    return endpoint(issuer, "the issuer").rstrip("/") + PATH


def settings(document, issuer):
    """Return the provider's fields from its configuration; raise Refused where it is another's."""
    if not isinstance(document, dict):
        raise Refused("bad_configuration", "the configuration is no JSON object")
    if document.get("issuer") != issuer:
        said = document.get("issuer")
        raise Refused("bad_configuration", f"it calls itself {said}, you wrote {issuer}")
    missing = [name for name in NEEDED if not document.get(name)]
    if missing:
        raise Refused("bad_configuration", f"the configuration lacks {', '.join(missing)}")
    found = {
        field: endpoint(document[name], name) if document.get(name) else False
        for name, field in ADDRESSES.items()
    }
    return found | {"is_issuer_promised": _promises_issuer(document)}


def complaints(document, method, scopes):
    """Return what of the configuration will not work with us, as (code, detail)."""
    rows = (
        ("response_types_supported", "code", "no_code_flow"),
        ("code_challenge_methods_supported", "S256", "no_pkce"),
        ("token_endpoint_auth_methods_supported", method, "no_method"),
    )
    for name, wanted, code in rows:
        if isinstance(document.get(name), list) and wanted not in document[name]:
            yield code, ", ".join(map(str, document[name]))
    signed = document.get("id_token_signing_alg_values_supported") or ["RS256"]
    if not set(ALGORITHMS) & set(map(str, signed)):
        yield "no_algorithm", ", ".join(map(str, signed))
    known = document.get("scopes_supported")
    unknown = [scope for scope in scopes if isinstance(known, list) and scope not in known]
    if unknown:
        yield "no_scope", ", ".join(unknown)


def _promises_issuer(document):
    return document.get("authorization_response_iss_parameter_supported") is True
