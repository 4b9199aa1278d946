"""Before what is dangerous the provider asks the person again: the same one, now, as strongly as before."""

import secrets
import time
from urllib.parse import urljoin

import pytest
from person import TIMEOUT, parameters, reference_of

DIALOG = "res.users.identitycheck"
DANGEROUS = "res.users.apikeys.description"  # what core opens once it knows who is there


@pytest.fixture
def name():
    """A person nobody knows yet."""
    return f"p{secrets.token_hex(4)}"


def call(person, model, method, *arguments, page="/odoo/settings"):
    """Call as the web client does, from a page."""
    params = {"model": model, "method": method, "args": list(arguments), "kwargs": {}}
    order = {"jsonrpc": "2.0", "method": "call", "params": params}
    url = f"{person.odoo}/web/dataset/call_kw/{model}/{method}"
    headers = {"Referer": f"{person.odoo}{page}"}
    said = person.http.post(url, json=order, headers=headers, timeout=TIMEOUT).json()
    assert "result" in said, said
    return said["result"]


def dangerous(person):
    """Press a button that core guards; return what opens."""
    return call(person, "res.users", "api_key_wizard", [person.session()["uid"]])


def is_asked(person):
    return dangerous(person)["res_model"] == DIALOG


def come(person, provider, hostile, name, **claims):
    with hostile.lying(claims={**of(name), **claims}, userinfo={"sub": name}):
        person.sign_in(provider)
    return person


def of(name):
    return {"sub": name, "email": f"{name}@example.test", "name": name.title()}


def answer_again(person, hostile, name, **claims):
    """Begin the question and give the hostile provider's answer to it."""
    with hostile.lying(claims={**of(name), **claims}, userinfo={"sub": name}):
        asked = person.get("/auth_oidc/again?redirect=/odoo/settings").headers["Location"]
        return person.get(person.walk(asked))


def refusal(site, response):
    return site.event(reference_of(response))[0]


def test_the_dialog_leads_to_the_provider_which_asks_although_it_knows_the_person(
    site, idp, new_person, name
):
    person = new_person(login=name)
    person.sign_in(idp.provider)
    shown = dangerous(person)
    assert shown["res_model"] == DIALOG
    [dialog] = call(person, DIALOG, "read", [shown["res_id"]], ["auth_method", "provider_name"])
    assert (dialog["auth_method"], dialog["provider_name"]) == ("ipai_oidc", idp.url)
    action = call(person, DIALOG, "action_sign_in_again", [shown["res_id"]], page="/odoo/users/7")
    question = person.get(action["url"]).headers["Location"]
    assert (parameters(question)["prompt"], parameters(question)["max_age"]) == ("login", "0")
    form = urljoin(idp.url, person.get(question).headers["Location"])
    assert "<form" in person.get(form).text
    back = person.get(person.walk(question))
    assert urljoin(site.url, back.headers["Location"]) == f"{site.url}/odoo/users/7"
    assert dangerous(person)["res_model"] == DANGEROUS
    events = site.read("ipai.oidc.event", [("user_id.login", "=", f"{name}@example.test")], "kind")
    assert events[0]["kind"] == "confirmed"


def test_somebody_else_at_the_provider_proves_nothing(site, idp, new_person, name):
    person = new_person(login=name)
    person.sign_in(idp.provider)
    person.form["login"] = f"{name}x"
    jar = person.http.cookies
    for cookie in [one for one in jar if one.name.startswith("_session")]:
        jar.clear(cookie.domain, cookie.path, cookie.name)  # signed out at the provider meanwhile
    question = person.get("/auth_oidc/again").headers["Location"]
    assert refusal(site, person.get(person.walk(question))) == "somebody_else"
    assert person.session()["username"] == f"{name}@example.test"
    assert is_asked(person)


@pytest.mark.parametrize(
    ("auth_time", "reason"),
    [
        (lambda: int(time.time()) - 300, "too_old"),
        (lambda: None, "not_told_when"),
        (lambda: int(time.time()) + 3600, "wrong_time"),
        (lambda: "now", "bad_token"),
    ],
)
def test_a_provider_that_did_not_look_at_the_person_proves_nothing(
    site, hostile, new_person, name, auth_time, reason
):
    person = come(new_person(), hostile.provider, hostile, name)
    response = answer_again(person, hostile, name, auth_time=auth_time())
    assert refusal(site, response) == reason
    assert is_asked(person)
    response = answer_again(person, hostile, name, auth_time=int(time.time()))
    assert response.headers["Location"].endswith("/odoo/settings")
    assert not is_asked(person)


def test_who_came_with_a_second_factor_shows_it_again(site, hostile, new_person, name):
    person = come(new_person(), hostile.provider, hostile, name, amr=["pwd", "mfa"])
    now = {"auth_time": int(time.time())}
    response = answer_again(person, hostile, name, amr=["pwd"], **now)
    assert refusal(site, response) == "too_weak"
    assert is_asked(person)
    answer_again(person, hostile, name, amr=["mfa"], **now)
    assert not is_asked(person)


def test_an_answer_for_a_session_that_is_over_opens_nothing(site, hostile, new_person, name):
    person = come(new_person(), hostile.provider, hostile, name)
    claims = {**of(name), "auth_time": int(time.time())}
    with hostile.lying(claims=claims, userinfo={"sub": name}):
        begun = person.get("/auth_oidc/again").headers["Location"]
        come(person, hostile.provider, hostile, f"{name}y")  # somebody else signs in meanwhile
        with hostile.lying(claims=claims, userinfo={"sub": name}):
            response = person.get(person.walk(begun))
    assert refusal(site, response) == "unknown_state"
    assert is_asked(person)


def test_an_answer_for_another_browser_opens_nothing(site, hostile, new_person, name):
    victim = come(new_person(), hostile.provider, hostile, name)
    attacker = come(new_person(), hostile.provider, hostile, f"{name}z")
    claims = {**of(f"{name}z"), "auth_time": int(time.time())}
    with hostile.lying(claims=claims, userinfo={"sub": f"{name}z"}):
        answer = attacker.walk(attacker.get("/auth_oidc/again").headers["Location"])
    assert refusal(site, victim.get(answer)) == "unknown_state"
    assert is_asked(victim)


def test_a_session_of_a_password_is_asked_for_the_password(site, new_person, name):
    values = {"name": name, "login": name, "password": name}
    site.call("res.users", "create", [values])
    person = new_person()
    facts = {"db": site.database, "login": name, "password": name}
    order = {"jsonrpc": "2.0", "method": "call", "params": facts}
    person.http.post(f"{site.url}/web/session/authenticate", json=order, timeout=TIMEOUT)
    shown = dangerous(person)
    [dialog] = call(person, DIALOG, "read", [shown["res_id"]], ["auth_method"])
    assert dialog["auth_method"] == "password"
    assert refusal(site, person.get("/auth_oidc/again")) == "unknown_state"


def test_nobody_is_asked_again_who_is_nobody(new_person):
    answer = new_person().get("/auth_oidc/again")
    assert answer.headers["Location"].split("?")[0].endswith("/web/login")


def test_a_provider_that_cannot_ask_is_not_asked(site, hostile, new_person, name):
    person = come(new_person(), hostile.provider, hostile, name)
    site.set(hostile.provider, can_ask_again=False)
    try:
        shown = dangerous(person)
        [dialog] = call(person, DIALOG, "read", [shown["res_id"]], ["auth_method"])
        assert dialog["auth_method"] == "password"
        response = person.get("/auth_oidc/again")
        assert refusal(site, response) == "bad_configuration"
    finally:
        site.set(hostile.provider, can_ask_again=True)
