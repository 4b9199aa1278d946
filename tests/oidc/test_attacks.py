"""Lies of a hostile provider, each beside the honest sign-in that shows that the lie is what was refused."""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hostile import ec_key, ed25519_key, half_hash, jwk_of, part, rsa_key, sign
from person import reference_of

NOW = int(time.time())
SMALL_KEY, EC_KEY, EC_384_KEY, ED_KEY = rsa_key(1024), ec_key(), ec_key(ec.SECP384R1), ed25519_key()


def by_hand(header, claims, signature=b""):
    """Return a token whose header PyJWT would never write."""
    return f"{part(header)}.{part(claims)}.{part(signature)}"


def unsigned(_provider, claims):
    return by_hand({"alg": "none", "typ": "JWT"}, claims)


def unsigned_in_capitals(_provider, claims):
    return by_hand({"alg": "NoNe", "kid": "k1"}, claims)


def hmac_with_the_public_key(provider, claims):
    """The classic: the verifier takes its RSA key for a shared secret."""
    public = provider.key.public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = public.public_bytes(serialization.Encoding.PEM, form)
    signed = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(claims)}"
    maker = hmac.HMAC(pem, hashes.SHA256())
    maker.update(signed.encode())
    return f"{signed}.{part(maker.finalize())}"


def hmac_with_the_client_secret(_provider, claims):
    return jwt.encode(claims, "a-secret-that-must-not-leak-in-any-case", algorithm="HS256")


def with_a_key_of_its_own(provider, claims):
    """The key that signed comes along in the header: it must not be used."""
    key = rsa_key()
    return jwt.encode(
        claims, key, algorithm="RS256", headers={"jwk": jwk_of(key, "k1"), "kid": "k1"}
    )


def with_a_key_from_elsewhere(provider, claims):
    headers = {"jku": f"{provider.url}/elsewhere", "kid": "k1"}
    return jwt.encode(claims, rsa_key(), algorithm="RS256", headers=headers)


def altered_after_signing(provider, claims):
    head, _claims, signature = sign(provider, claims).split(".")
    return f"{head}.{part({**claims, 'sub': 'admin'})}.{signature}"


def cut_signature(provider, claims):
    return sign(provider, claims).rpartition(".")[0] + "."


def with_critical_extension(provider, claims):
    return sign(provider, claims, crit=["exp"], exp=NOW)


def with_a_claim_twice(provider, claims):
    text = json.dumps(claims)[:-1] + ', "sub": "admin"}'
    return jwt.PyJWS().encode(text.encode(), provider.key, algorithm="RS256", headers={"kid": "k1"})


def with_not_a_number(provider, claims):
    text = json.dumps({**claims, "exp": float("nan")})
    return jwt.PyJWS().encode(text.encode(), provider.key, algorithm="RS256", headers={"kid": "k1"})


def with_claims_that_are_a_list(provider, _claims):
    return jwt.PyJWS().encode(b"[]", provider.key, algorithm="RS256", headers={"kid": "k1"})


SIGNATURES = {
    unsigned: "algorithm none",
    unsigned_in_capitals: "algorithm NoNe",
    hmac_with_the_public_key: "algorithm HS256",
    hmac_with_the_client_secret: "algorithm HS256",
    with_a_key_of_its_own: "signature is wrong",
    with_a_key_from_elsewhere: "signature is wrong",
    altered_after_signing: "signature is wrong",
    cut_signature: "signature is wrong",
    with_critical_extension: "extension",
    with_a_claim_twice: "a claim is there twice",
    with_not_a_number: "no number",
    with_claims_that_are_a_list: "no object",
    (lambda _provider, _claims: "not.a.token"): "not a signed token",
    (lambda _provider, _claims: "a" * 100_000): "too long",
    (lambda _provider, _claims: None): "no token",
}

CLAIMS = [
    ({"nonce": "another"}, "bad_token", "nonce"),
    ({"nonce": None}, "bad_token", "nonce"),
    ({"iss": "https://accounts.example.com"}, "bad_token", "issuer"),
    ({"iss": None}, "bad_token", "issuer"),
    ({"aud": "somebody-else"}, "bad_token", "made for somebody-else"),
    ({"aud": None}, "bad_token", "made for None"),
    ({"aud": []}, "bad_token", "made for []"),
    ({"aud": {"odoo": 1}}, "bad_token", "made for"),
    ({"aud": ["odoo", "somebody-else"], "azp": "odoo"}, "bad_token", "not trusted"),
    ({"azp": "somebody-else"}, "bad_token", "azp"),
    ({"sub": None}, "bad_token", "sub"),
    ({"sub": ""}, "bad_token", "sub"),
    ({"sub": 7}, "bad_token", "sub"),
    ({"sub": "x" * 256}, "bad_token", "sub"),
    ({"sub": "with\x00nothing"}, "bad_token", "sub"),
    ({"exp": 10**400}, "bad_token", "exp"),
    ({"exp": NOW - 3600}, "wrong_time", "expired"),
    ({"exp": None}, "bad_token", "exp"),
    ({"exp": "tomorrow"}, "bad_token", "exp"),
    ({"exp": True}, "bad_token", "exp"),
    ({"iat": None}, "bad_token", "iat"),
    ({"iat": NOW + 7200, "exp": NOW + 9000}, "wrong_time", "future"),
    ({"iat": NOW - 7200}, "wrong_time", "ago"),
    ({"nbf": NOW + 7200}, "wrong_time", "not valid yet"),
    ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "bad_token", "at_hash"),
    ({"c_hash": half_hash("another")}, "bad_token", "c_hash"),
    ({"email": "a@b@example.test"}, "no_email", ""),
    ({"email": None}, "no_email", ""),
    ({"email_verified": False}, "unverified_email", ""),
    ({"email_verified": "false"}, "unverified_email", ""),
    ({"email_verified": None}, "unverified_email", ""),
    ({"email": "mаllory@example.test"}, "no_email", "mistaken"),  # the second letter is Cyrillic
]


def refused(site, person, provider):
    """Go through a sign-in that must fail; return reason and detail from the administrator's log."""
    response = person.sign_in(provider)
    assert not person.is_in
    return site.event(reference_of(response))


def test_the_honest_sign_in_works(hostile, new_person):
    mallory = new_person()
    assert mallory.sign_in(hostile.provider).status_code == 303
    assert mallory.session()["username"] == "mallory@example.test"


@pytest.mark.parametrize("lie", SIGNATURES, ids=lambda lie: lie.__name__)
def test_a_token_that_is_not_well_signed_opens_nothing(site, hostile, new_person, lie):
    with hostile.lying(sign=lie):
        code, detail = refused(site, new_person(), hostile.provider)
    assert code == "bad_token"
    assert SIGNATURES[lie] in detail


@pytest.mark.parametrize(("lie", "reason", "words"), CLAIMS, ids=lambda value: str(value)[:40])
def test_a_token_that_says_something_else_opens_nothing(
    site, hostile, new_person, lie, reason, words
):
    if set(lie) & {"email", "email_verified"}:  # asked of people who are not known yet
        lie = {"sub": "a-stranger", "name": "Stranger", **lie}
    with hostile.lying(claims=lie, userinfo={"sub": lie.get("sub", "mallory")}):
        code, detail = refused(site, new_person(), hostile.provider)
    assert code == reason
    assert words in detail


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("PS256", None), ("RS512", None), ("ES256", EC_KEY), ("ES384", EC_384_KEY), ("EdDSA", ED_KEY)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_safe_algorithm_opens(site, hostile, new_person, algorithm, key):
    kid = f"safe-{algorithm}"
    keys = [jwk_of(key or hostile.key, kid)]
    wait_until_keys_may_be_read(site, hostile)

    def signed(provider, claims):
        return sign(provider, claims, algorithm=algorithm, kid=kid, key=key)

    with hostile.lying(keys=keys, sign=signed, claims=without_hashes):
        mallory = new_person()
        assert mallory.sign_in(hostile.provider).status_code == 303
        assert mallory.is_in
    wait_until_keys_may_be_read(site, hostile)


@pytest.mark.parametrize(
    "claims", [{"amr": 7}, {"acr": ["x"]}, {"sid": "a\x00b"}, {"name": "M\x00y"}], ids=str
)
def test_nonsense_that_does_not_matter_does_no_harm(hostile, new_person, claims):
    mallory = new_person()
    with hostile.lying(claims=claims):
        assert mallory.sign_in(hostile.provider).status_code == 303
    assert mallory.is_in


def without_hashes(_claims):
    return {"at_hash": None, "c_hash": None}


def wait_until_keys_may_be_read(site, hostile):
    """Forget when the keys were read, as an administrator does with “Read configuration”."""
    with hostile.lying():
        site.call("auth.oauth.provider", "action_discover", [hostile.provider])


def signed_with(algorithm, key):
    return lambda provider, claims: sign(provider, claims, algorithm=algorithm, key=key, kid="k1")


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    ("keys", "signed"),
    [
        ([jwk_of(SMALL_KEY, "k1")], signed_with("RS256", SMALL_KEY)),
        ([jwk_of(EC_384_KEY, "k1")], signed_with("ES256", EC_KEY)),
        ([jwk_of(EC_KEY, "k1", use="enc")], signed_with("ES256", EC_KEY)),
        ([jwk_of(EC_KEY, "k1", key_ops=["encrypt"])], signed_with("ES256", EC_KEY)),
        ([jwk_of(EC_KEY, "k1", alg="ES384")], signed_with("ES256", EC_KEY)),
        ([{"kty": "oct", "k": part(b"x" * 32), "kid": "k1"}], signed_with("HS256", b"x" * 32)),
        ([], sign),
        ("nonsense", sign),
    ],
    ids=[
        "1024 bits",
        "other curve",
        "for encryption",
        "cannot verify",
        "other use",
        "shared",
        "none",
        "no list",
    ],
)
def test_a_key_that_does_not_belong_to_the_signature_opens_nothing(
    site, hostile, new_person, keys, signed
):
    wait_until_keys_may_be_read(site, hostile)
    with hostile.lying(keys=keys, sign=signed):
        code, _detail = refused(site, new_person(), hostile.provider)
    assert code in ("bad_token", "bad_keys")
    wait_until_keys_may_be_read(site, hostile)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"iss": "https://accounts.example.com"}, "mixed_up"),
        ({"error": "access_denied", "code": None}, "denied"),
        (
            {"error": "server_error", "error_description": "<script>alert(1)</script>"},
            "unreachable",
        ),
        ({"code": None}, "bad_answer"),
        ({"code": "x" * 5000}, "bad_answer"),
        ({"state": "invented"}, "unknown_state"),
        ({"state": None}, "unknown_state"),
        ({"code": "invented"}, "code_refused"),
    ],
)
def test_an_answer_that_is_not_ours_opens_nothing(site, hostile, new_person, answer, reason):
    with hostile.lying(answer=answer):
        assert refused(site, new_person(), hostile.provider)[0] == reason


def test_a_provider_that_promised_its_name_must_say_it(site, hostile, new_person):
    site.set(hostile.provider, is_issuer_promised=True)
    with hostile.lying(answer={"iss": None}):
        assert refused(site, new_person(), hostile.provider)[0] == "mixed_up"
    site.set(hostile.provider, is_issuer_promised=False)


def test_the_answer_of_one_provider_is_nothing_at_the_address_of_another(
    site, idp, hostile, new_person
):
    """The mix-up: the code of the honest provider must never get to the token endpoint of the hostile one."""
    alice = new_person()
    answer = alice.answer_of_provider(idp.provider)
    before = hostile.count("/token")
    moved = answer.replace(f"/callback/{idp.provider}", f"/callback/{hostile.provider}")
    assert site.event(reference_of(alice.get(moved)))[0] == "mixed_up"
    assert hostile.count("/token") == before


@pytest.mark.parametrize(
    ("info", "reason"),
    [({"sub": "somebody-else"}, "bad_answer"), ({"sub": None}, "bad_answer")],
)
def test_userinfo_must_be_about_the_same_person(site, hostile, new_person, info, reason):
    with hostile.lying(claims={"email": None, "name": None}, userinfo=info):
        assert refused(site, new_person(), hostile.provider)[0] == reason


def test_userinfo_cannot_vouch_for_an_address_of_the_token(site, hostile, new_person):
    claims = {"sub": "fresh", "email": "boss@example.test", "email_verified": None, "name": None}
    info = {"sub": "fresh", "email": "own@example.test", "email_verified": True}
    with hostile.lying(claims=claims, userinfo=info):
        assert refused(site, new_person(), hostile.provider)[0] == "unverified_email"


def test_the_token_cannot_vouch_for_an_address_of_userinfo(site, hostile, new_person):
    claims = {"sub": "fresh", "email": None, "email_verified": True, "name": None}
    with hostile.lying(claims=claims, userinfo={"sub": "fresh", "email": "boss@example.test"}):
        assert refused(site, new_person(), hostile.provider)[0] == "unverified_email"


def test_userinfo_fills_in_what_the_token_leaves_out(site, hostile, new_person):
    claims = {"sub": "quiet", "email": None, "email_verified": None, "name": None}
    info = {"sub": "quiet", "email": "quiet@example.test", "email_verified": True, "name": "Quiet"}
    with hostile.lying(claims=claims, userinfo=info):
        quiet = new_person()
        quiet.sign_in(hostile.provider)
        assert quiet.session()["username"] == "quiet@example.test"


def test_a_clock_that_differs_a_little_is_no_trouble(hostile, new_person):
    now = int(time.time())
    with hostile.lying(claims={"iat": now + 40, "nbf": now + 40, "exp": now - 40}):
        mallory = new_person()
        mallory.sign_in(hostile.provider)
        assert mallory.is_in


HUGE = b'{"a": "' + b"x" * 2_000_000 + b'"}'


@pytest.mark.parametrize(
    ("lies", "reason"),
    [
        ({"raw": {"/token": HUGE}}, "bad_answer"),
        ({"raw": {"/token": b"<html>"}}, "bad_answer"),
        ({"raw": {"/token": b"[" * 20_000}}, "bad_answer"),
        ({"raw": {"/token": b"[]"}}, "bad_answer"),
        ({"tokens": {"token_type": "mac"}}, "bad_answer"),
        ({"tokens": {"access_token": None}}, "bad_answer"),
        ({"tokens": {"id_token": None}}, "bad_token"),
        ({"status": 500}, "unreachable"),
        ({"redirects": {"/token": "http://127.0.0.1:9/elsewhere"}}, "bad_answer"),
        ({"delay": {"/token": 20}}, "too_slow"),
        ({"drips": ("/token",)}, "too_slow"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_token_endpoint_ends_on_the_page_in_time(site, hostile, new_person, lies, reason):
    begun = time.monotonic()
    with hostile.lying(**lies):
        assert refused(site, new_person(), hostile.provider)[0] == reason
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("raw", [HUGE, b"nonsense"])
def test_keys_that_cannot_be_read_are_no_reason_to_trust(site, hostile, new_person, raw):
    wait_until_keys_may_be_read(site, hostile)
    with hostile.lying(raw={"/keys": raw}):
        assert refused(site, new_person(), hostile.provider)[0] == "bad_answer"
    wait_until_keys_may_be_read(site, hostile)


def test_invented_key_names_do_not_make_us_hammer_the_provider(site, hostile, new_person):
    wait_until_keys_may_be_read(site, hostile)
    before = hostile.count("/keys")
    with hostile.lying(sign=lambda provider, claims: sign(provider, claims, kid="invented")):
        for _turn in range(4):
            assert refused(site, new_person(), hostile.provider)[0] == "bad_token"
    assert hostile.count("/keys") - before <= 1
