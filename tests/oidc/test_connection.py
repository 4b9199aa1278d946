"""Set-up: discovery, “Test connection”, and how the client proves itself."""

import xmlrpc.client
from urllib.parse import urlsplit

import pytest
from idp_process import IdentityProvider
from server import free_port
from sso import SECRET, client


def report_of(site, provider):
    site.call("auth.oauth.provider", "action_check", [provider])
    names = ("check_state", "check_report")
    [record] = site.read("auth.oauth.provider", [("id", "=", provider)], *names)
    return record["check_state"], record["check_report"]


def test_a_connection_that_works_says_so(site, idp):
    state, report = report_of(site, idp.provider)
    assert "The provider knows the client and our redirect URL" in report
    assert "The provider accepts the client’s proof." in report
    assert state == "good", report


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"client_secret": "a-wrong-one"}, "does not accept the client’s proof"),
        ({"client_id": "nobody"}, "is the client ID right"),
        ({"scope": "openid email holidays"}, "does not know these scopes: holidays"),
        ({"auth_method": "none"}, "does not accept the client’s proof"),
        (
            {"token_endpoint": "http://127.0.0.1:9/token"},
            "What is stored differs from it (token_endpoint)",
        ),
        ({"jwks_uri": "http://127.0.0.1:9/keys"}, "keys cannot be read"),
        ({"auth_endpoint": "http://127.0.0.1:9/auth"}, "sign-in page does not answer"),
        ({"issuer": "http://127.0.0.1:9"}, "Compare the issuer"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_named(site, idp, values, words):
    usual = {
        "client_id": "odoo",
        "scope": "openid profile email",
        "auth_method": "client_secret_basic",
    }
    usual |= {"issuer": idp.url, "client_secret": SECRET}
    site.set(idp.provider, **values)
    try:
        state, report = report_of(site, idp.provider)
    finally:
        site.set(idp.provider, **usual)
        site.allow(idp.provider)
    assert words in report, report
    assert state in ("bad", "warn")


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"issuer": "https://accounts.example.com"}, "it calls itself"),
        ({"token_endpoint": "http://sso.example.test/token"}, "https address"),
        ({"jwks_uri": None}, "lacks jwks_uri"),
    ],
)
def test_a_configuration_of_somebody_else_is_not_taken(site, hostile, metadata, words):
    with hostile.lying(metadata=metadata), pytest.raises(xmlrpc.client.Fault, match=words):
        site.call("auth.oauth.provider", "action_discover", [hostile.provider])


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"response_types_supported": ["id_token"]}, "does not offer the authorization code flow"),
        ({"code_challenge_methods_supported": ["plain"]}, "does not announce PKCE"),
        (
            {"id_token_signing_alg_values_supported": ["HS256", "none"]},
            "nothing that is safe enough",
        ),
        (
            {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
            "Choose one of: private_key_jwt",
        ),
    ],
)
def test_what_the_provider_cannot_do_is_named(site, hostile, metadata, words):
    with hostile.lying(metadata=metadata):
        _state, report = report_of(site, hostile.provider)
    assert words in report, report


def test_a_signed_assertion_instead_of_a_secret(site, folder, new_person):
    port = free_port()
    provider = site.new_provider(
        f"http://127.0.0.1:{port}", auth_method="private_key_jwt", client_secret=False
    )
    site.call("auth.oauth.provider", "action_new_private_key", [provider])
    [record] = site.read("auth.oauth.provider", [("id", "=", provider)], "keys_uri")
    method = {
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
    }
    known = client(site, provider, jwks_uri=record["keys_uri"], **method)
    del known["client_secret"]
    one = IdentityProvider(port, folder, [known]).start()
    try:
        site.allow(provider)
        zoe = new_person(login="zoe")
        assert zoe.sign_in(provider).status_code == 303
        assert zoe.is_in
        keys = zoe.get(urlsplit(record["keys_uri"]).path).json()["keys"]
        assert [set(key) & {"d", "p", "q"} for key in keys] == [set()]
    finally:
        one.stop()
        site.set(provider, enabled=False)
