"""Signing in at the certified provider: the way it should go, and what must not work twice."""

from parity import parity
from person import parameters, reference_of


@parity("3.2")
def test_a_person_signs_in_and_gets_a_user(site, idp, new_person):
    alice = new_person(login="alice")
    response = alice.sign_in(idp.provider)
    assert response.status_code == 303
    assert response.headers["Location"].endswith("/odoo")
    assert alice.session()["username"] == "alice@example.test"
    assert site.user("alice@example.test")["oauth_uid"] == "alice"


def test_the_question_is_asked_with_pkce_state_and_nonce(site, idp, new_person):
    asked = [parameters(new_person().start(idp.provider).headers["Location"]) for _turn in range(2)]
    for one in asked:
        assert one["response_type"] == "code"
        assert one["code_challenge_method"] == "S256"
        assert one["redirect_uri"] == f"{site.url}/auth_oidc/callback/{idp.provider}"
        assert len(one["state"]) >= 43
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


def test_an_answer_is_good_for_one_sign_in(site, idp, new_person):
    bob = new_person(login="bob")
    answer = bob.answer_of_provider(idp.provider)
    assert bob.get(answer).status_code == 303
    again = bob.get(answer)
    assert site.event(reference_of(again))[0] == "unknown_state"


def test_a_code_cannot_be_used_with_another_state(site, idp, new_person):
    bob = new_person(login="bob")
    code = parameters(bob.answer_of_provider(idp.provider))["code"]
    other = parameters(bob.start(idp.provider).headers["Location"])["state"]
    path = f"/auth_oidc/callback/{idp.provider}"
    response = bob.get(path, params={"code": code, "state": other, "iss": idp.url})
    code, detail = site.event(reference_of(response))
    assert code == "code_refused"
    assert "invalid_grant" in detail
    assert not bob.is_in


def test_an_answer_belongs_to_the_browser_that_asked(site, idp, new_person):
    victim, attacker = new_person(login="victim"), new_person(login="attacker")
    answer = attacker.answer_of_provider(idp.provider)
    victim.start(idp.provider)
    response = victim.get(answer)
    assert site.event(reference_of(response)) == (
        "unknown_state",
        "the sign-in was begun in another browser",
    )
    assert not victim.is_in
