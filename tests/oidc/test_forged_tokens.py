"""More lies of a hostile provider: names of keys, headers that lead elsewhere, tokens made of tokens."""

import time
from urllib.parse import urljoin, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hostile import ec_key, jwk_of, part, rsa_key, sign
from ipai_auth_oidc.protocol.addresses import landing_path
from ipai_auth_oidc.protocol.refusal import Refused
from ipai_auth_oidc.protocol.signature import opened
from test_attacks import by_hand, refused
from test_sessions import logout_claims, send

EC_KEY = ec_key()
FOREIGN = rsa_key()
NOW = int(time.time())
CLAIMS = {"iss": "https://idp.test", "sub": "mallory", "aud": "odoo", "exp": NOW + 300}
OURS = rsa_key()
LISTED = [jwk_of(OURS, "k1", alg="RS256")]
NAMES_OF_KEYS = [
    "../../../../etc/passwd",
    "/dev/null",
    "file:///etc/passwd",
    "http://127.0.0.1:9/keys",
    "k1' OR '1'='1",
    "k1\x00",
    "k1/../k1",
    "K1",
    " k1",
    "",
    "x" * 5000,
    7,
    None,
    True,
    ["k1"],
    {"kid": "k1"},
]
HEADERS = [
    {"alg": "none", "kid": "k1"},
    {"alg": "None"},
    {"alg": "nOnE"},
    {"alg": "none "},
    {"alg": ""},
    {"alg": None},
    {"alg": 0},
    {"alg": ["RS256"]},
    {"alg": {"RS256": 1}},
    {"alg": "rs256", "kid": "k1"},
    {"alg": "RS256\x00", "kid": "k1"},
    {"kid": "k1"},
    {"alg": "RS256", "kid": "k1", "b64": False, "crit": ["b64"]},
    {"alg": "RS256", "kid": "k1", "crit": []},
    {"alg": "dir", "enc": "A128GCM"},
    b'{"alg": "RS256", "kid": "k1", "alg": "none"}',
    b'{"alg": "none", "kid": "k1", "alg": "HS256"}',
    b"[]",
    b"{",
    b"\xff\xfe",
    b"[" * 20_000,
]
KEYS = [
    {"n": 7},
    {"n": ["x"]},
    {"n": ""},
    {"n": "AQAB"},
    {"e": "AA"},
    {"e": None},
    {"kty": ["RSA"]},
    {"use": ["sig"]},
    {"key_ops": 7},
    {"key_ops": "verify"},
    {"kid": {}},
    {"alg": ["RS256"]},
]


def headed(header, key=OURS):
    """Return a token signed honestly with ``key``, whatever its header says."""
    head, body = part(header), part(CLAIMS)
    signature = jwt.get_algorithm_by_name("RS256").sign(f"{head}.{body}".encode(), key)
    return f"{head}.{body}.{part(signature)}"


def test_the_honest_token_is_opened():
    assert opened(headed({"alg": "RS256", "kid": "k1"}), LISTED)[1] == CLAIMS


@pytest.mark.parametrize("kid", NAMES_OF_KEYS, ids=lambda kid: repr(kid)[:30])
def test_a_key_is_what_the_provider_lists_whatever_the_token_calls_it(kid):
    with pytest.raises(Refused, match="bad_token"):
        opened(headed({"alg": "RS256", "kid": kid}, FOREIGN), LISTED)


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: repr(header)[:40])
def test_a_header_that_is_not_plain_opens_nothing(header):
    with pytest.raises(Refused):
        opened(headed(header), LISTED)


@pytest.mark.parametrize("change", KEYS, ids=str)
def test_a_key_that_is_nonsense_verifies_nothing(change):
    with pytest.raises(Refused):
        opened(headed({"alg": "RS256", "kid": "k1"}), [LISTED[0] | change])


@pytest.mark.parametrize(
    "change",
    [
        lambda token: f"{token}.{token}",
        lambda token: f"{token}.x.y",
        lambda token: {"payload": token},
        lambda token: [token],
        lambda token: token.replace(".", ".\n", 1),
        lambda token: f" {token}",
        lambda token: token.replace(".", ". ", 1),
        lambda token: token + "\x00",
        lambda token: token[:-4] + "é€",
        lambda _token: None,
        lambda _token: "..",
    ],
)
def test_what_is_not_three_plain_parts_is_no_token(change):
    with pytest.raises(Refused):
        opened(change(headed({"alg": "RS256", "kid": "k1"})), LISTED)


def psychic(claims):
    """CVE-2022-21449: r and s are zero, which some verifiers take for any message."""
    return by_hand({"alg": "ES256", "kid": "k1"}, claims, b"\0" * 64)


def in_another_form(claims):
    """A signature as X.509 writes it, where JOSE wants r and s side by side."""
    return by_hand({"alg": "ES256", "kid": "k1"}, claims, encode_dss_signature(1, 1))


@pytest.mark.parametrize("lie", [psychic, in_another_form])
def test_a_signature_of_nothing_opens_nothing(lie):
    with pytest.raises(Refused, match="bad_token"):
        opened(lie(CLAIMS), [jwk_of(EC_KEY, "k1")])


def leading(**header):
    return lambda _provider, claims: jwt.encode(
        claims, FOREIGN, algorithm="RS256", headers={"kid": "k1", **header}
    )


def test_headers_that_bring_a_key_along_are_not_followed(site, hostile, new_person):
    away = f"{hostile.url}/elsewhere"
    keys = {"jku": away, "x5u": away, "x5c": [part(b"certificate")], "x5t": "AAAA"}
    with hostile.lying(sign=leading(**keys, jwk=jwk_of(FOREIGN, "k1"))):
        assert refused(site, new_person(), hostile.provider)[0] == "bad_token"
    assert hostile.count("/elsewhere") == 0


def test_an_algorithm_that_is_no_text_ends_on_the_page(site, hostile, new_person):
    with hostile.lying(sign=lambda _provider, _claims: headed({"alg": ["RS256"]}, hostile.key)):
        assert refused(site, new_person(), hostile.provider)[0] == "bad_token"


def test_a_token_of_before_answers_no_new_question(site, hostile, new_person):
    kept, victim = [], new_person()

    def keeping(provider, claims):
        kept.append(sign(provider, claims))
        return kept[-1]

    with hostile.lying(sign=keeping):
        victim.sign_in(hostile.provider)
    with hostile.lying(sign=lambda _provider, _claims: kept[0], tokens={"access_token": "a" * 20}):
        code, detail = refused(site, new_person(), hostile.provider)
    assert code == "bad_token"
    assert "nonce" in detail or "at_hash" in detail


def test_an_answer_that_comes_twice_is_taken_once(hostile, new_person):
    mallory = new_person()
    answer = mallory.answer_of_provider(hostile.provider)
    assert mallory.get(answer).status_code == 303
    asked = hostile.count("/token")
    other = new_person()
    assert other.get(answer).status_code == 403
    assert mallory.get(answer).status_code == 403
    assert hostile.count("/token") == asked


LANDINGS = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/odoo\r\nSet-Cookie: a=b",
    "/@evil.example//",
    "/%2f/evil.example",
    " //evil.example",
    "///evil.example",
    "/odoo/..//evil.example",
]


@pytest.mark.parametrize("landing", LANDINGS)
def test_a_sign_in_lands_here_wherever_it_was_told_to_lead(landing):
    path = landing_path(landing)
    assert path.startswith("/") and path.isprintable()
    assert not path.startswith(("//", "/\\"))
    assert urlsplit(urljoin("https://ops.test/x", path)).netloc == "ops.test"


def test_a_landing_elsewhere_is_not_gone_to(site, hostile, new_person):
    response = new_person().sign_in(hostile.provider, "//evil.example")
    assert response.status_code == 303
    assert (
        urlsplit(urljoin(site.url, response.headers["Location"])).netloc
        == urlsplit(site.url).netloc
    )


@pytest.mark.parametrize("parts", ["redirect_uri", "host"])
def test_the_provider_is_told_our_own_address_alone(site, hostile, new_person, parts):
    mallory = new_person()
    query = "?redirect_uri=https%3A%2F%2Fevil.example%2F&client_id=evil&response_mode=query"
    if parts == "host":
        query = ""
        mallory.http.headers["X-Forwarded-Host"] = "evil.example"
    sent = mallory.get(f"/auth_oidc/start/{hostile.provider}{query}").headers["Location"]
    assert "evil" not in sent


FORGED_LOGOUTS = {
    "unsigned": lambda _provider, claims: by_hand({"alg": "none"}, claims),
    "shared secret": lambda _provider, claims: jwt.encode(
        claims, "a-secret-that-must-not-leak-in-any-case", algorithm="HS256"
    ),
    "own key": leading(jwk=jwk_of(FOREIGN, "k1")),
    "cut": lambda provider, claims: sign(provider, claims).rpartition(".")[0] + ".",
    "two": lambda provider, claims: f"{sign(provider, claims)} {sign(provider, claims)}",
    "ID token's type": lambda provider, claims: sign(provider, claims, typ="at+jwt"),
    "huge": lambda provider, claims: sign(provider, {**claims, "pad": "x" * 200_000}),
    "empty": lambda _provider, _claims: "",
    "NUL": lambda provider, claims: sign(provider, claims) + "\x00",
}


def test_forged_log_outs_end_nothing(hostile, new_person):
    mallory = new_person()
    mallory.sign_in(hostile.provider)
    for name, forge in FORGED_LOGOUTS.items():
        token = forge(hostile, logout_claims(hostile))
        assert send(new_person, hostile, token).status_code == 400, name
    for claims in ({"sub": "%"}, {"sub": "mallory' OR ''='"}, {"sub": "", "sid": ""}, {"sub": "*"}):
        send(new_person, hostile, sign(hostile, logout_claims(hostile, **claims)))
    assert mallory.is_in


def test_a_log_out_is_not_taken_by_get_and_not_of_another_provider(site, idp, hostile, new_person):
    alice, mallory = new_person(), new_person()
    alice.sign_in(idp.provider)
    mallory.sign_in(hostile.provider)
    token = sign(hostile, logout_claims(hostile))
    address = f"/auth_oidc/backchannel/{hostile.provider}"
    assert new_person().get(f"{address}?logout_token={token}").status_code == 405
    wrong = new_person().post(f"/auth_oidc/backchannel/{idp.provider}", {"logout_token": token})
    assert wrong.status_code == 400
    assert alice.is_in and mallory.is_in


@pytest.mark.parametrize("number", [0, 999_999, 2**31, 2**70])
def test_a_provider_that_is_not_there_is_like_one_that_is_closed(new_person, number):
    person = new_person()
    assert person.get(f"/auth_oidc/start/{number}").status_code in (404, 500)
    assert person.get(f"/auth_oidc/keys/{number}").status_code == 404
    assert person.get(f"/auth_oidc/callback/{number}?code=x&state=y").status_code in (403, 404, 500)


def test_nonsense_in_the_answer_is_no_fault(site, hostile, new_person):
    mallory = new_person()
    for query in (
        "state=%00",
        "state=a&state=b",
        "code=%ff&state=%ff",
        "error=%00",
        "iss[]=x",
        "%",
    ):
        answer = mallory.get(f"/auth_oidc/callback/{hostile.provider}?{query}")
        assert answer.status_code == 403, query
