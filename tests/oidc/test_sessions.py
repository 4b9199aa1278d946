"""While somebody is signed in: keys that change, log-out in every direction, people who are closed."""

import time
from urllib.parse import urljoin

import pytest
from chromium import until
from hostile import jwk_of, rsa_key, sign
from person import parameters, reference_of

EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}


def test_a_new_signing_key_is_found_in_mid_session(site, idp, new_person):
    alice = new_person(login="alice")
    alice.sign_in(idp.provider)
    forget_when_keys_were_asked(site, idp)
    idp.restart(key="second")
    other = new_person(login="alice")
    assert other.sign_in(idp.provider).status_code == 303
    assert other.is_in and alice.is_in
    idp.restart(key="first")
    forget_when_keys_were_asked(site, idp)


def forget_when_keys_were_asked(site, idp):
    """Half a minute must lie between two readings; the tests do not wait for it."""
    site.set_keys_state(idp.provider, jwks_tried_at=False)


def test_a_key_that_was_withdrawn_opens_nothing_once_the_hour_is_over(site, hostile, new_person):
    site.call("auth.oauth.provider", "action_discover", [hostile.provider])
    new_person().sign_in(hostile.provider)
    site.set_keys_state(hostile.provider, jwks_read_at="2020-01-01 00:00:00", jwks_tried_at=False)
    mallory = new_person()
    with hostile.lying(keys=[jwk_of(rsa_key(), "k2")]):
        reference_of(mallory.sign_in(hostile.provider))
    assert not mallory.is_in
    site.call("auth.oauth.provider", "action_discover", [hostile.provider])


def test_known_keys_serve_on_while_new_ones_cannot_be_read(site, hostile, new_person):
    site.call("auth.oauth.provider", "action_discover", [hostile.provider])
    new_person().sign_in(hostile.provider)
    old = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 2 * 3600))
    site.set_keys_state(hostile.provider, jwks_read_at=old, jwks_tried_at=False, jwks_failures=0)
    before = hostile.count("/keys")
    with hostile.lying(raw={"/keys": b"nonsense"}):
        for _turn in range(3):
            person = new_person()
            person.sign_in(hostile.provider)
            assert person.is_in
    assert hostile.count("/keys") - before == 1, "it is asked again after a pause only"
    [provider] = site.read("auth.oauth.provider", [("id", "=", hostile.provider)], "jwks_failures")
    assert provider["jwks_failures"] == 1
    site.call("auth.oauth.provider", "action_discover", [hostile.provider])


def test_log_out_ends_the_session_at_the_provider_too(site, idp, new_person):
    alice = new_person(login="alice")
    alice.sign_in(idp.provider)
    page = alice.get("/web/session/logout")
    assert not alice.is_in
    url, values = form_of(page)
    assert url == f"{idp.url}/session/end"
    assert "?" not in url and values["id_token_hint"].count(".") == 2
    answer = alice.post(url, values)
    url, values = form_of(answer)
    ended = alice.post(url, {**values, "logout": "yes"})
    assert ended.headers["Location"].startswith(f"{site.url}/auth_oidc/signed_out")
    assert "You are logged out" in alice.get(ended.headers["Location"]).text
    # Signed in again, the provider asks who it is: its own session is gone.
    sent_on = alice.get(alice.start(idp.provider).headers["Location"])
    asked = alice.get(urljoin(idp.url, sent_on.headers["Location"]))
    assert "<form" in asked.text


def form_of(response):
    """Return address and hidden values of the form on a page."""
    from lxml import html

    page = html.fromstring(response.text)
    [form] = [
        one for one in page.forms if one.get("method") == "post" and "/session/" in one.action
    ]
    return form.action, {
        one.name: one.value for one in form.inputs if one.name and one.type == "hidden"
    }


def test_log_out_at_the_provider_ends_the_session_here_at_once(site, idp, new_person):
    alice, elsewhere = new_person(login="alice"), new_person(login="alice")
    alice.sign_in(idp.provider)
    elsewhere.sign_in(idp.provider)
    assert alice.is_in
    url, values = form_of(alice.get(f"{idp.url}/session/end"))
    alice.post(url, {**values, "logout": "yes"})
    until(lambda: not alice.is_in, 10, what="the back-channel log-out")
    assert elsewhere.is_in  # another session at the provider


def logout_claims(provider, **more):
    now = int(time.time())
    usual = {"iss": provider.url, "aud": "odoo", "iat": now, "exp": now + 120, "events": EVENTS}
    usual |= {"jti": f"token-{time.monotonic_ns()}", "sub": "mallory"} | more
    return {name: value for name, value in usual.items() if value is not None}


def send(new_person, hostile, token):
    return new_person().post(f"/auth_oidc/backchannel/{hostile.provider}", {"logout_token": token})


def test_a_log_out_token_works_once(site, hostile, new_person):
    mallory = new_person()
    mallory.sign_in(hostile.provider)
    token = sign(hostile, logout_claims(hostile), typ="logout+jwt")
    assert send(new_person, hostile, token).status_code == 200
    assert not mallory.is_in
    mallory.sign_in(hostile.provider)
    again = send(new_person, hostile, token)
    assert again.status_code == 400
    assert again.headers["Cache-Control"] == "no-store"
    assert mallory.is_in


@pytest.mark.parametrize(
    "change",
    [
        {"events": None},
        {"events": []},
        {"events": {"something": {}}},
        {"events": {next(iter(EVENTS)): "yes"}},
        {"nonce": "n"},
        {"jti": None},
        {"sub": None},
        {"iss": "https://accounts.example.com"},
        {"aud": "somebody-else"},
        {"iat": 1},
        {"exp": 1},
    ],
    ids=str,
)
def test_a_log_out_token_that_is_none_ends_nothing(hostile, new_person, change):
    mallory = new_person()
    mallory.sign_in(hostile.provider)
    token = sign(hostile, logout_claims(hostile, **change))
    assert send(new_person, hostile, token).status_code == 400
    assert mallory.is_in


def test_an_id_token_is_no_log_out_token(hostile, new_person):
    mallory, kept = new_person(), []

    def keeping(provider, claims):
        kept.append(sign(provider, claims))
        return kept[0]

    with hostile.lying(sign=keeping):
        mallory.sign_in(hostile.provider)
    assert send(new_person, hostile, kept[0]).status_code == 400
    assert mallory.is_in


def test_a_log_out_token_of_another_key_ends_nothing(hostile, new_person):
    mallory = new_person()
    mallory.sign_in(hostile.provider)
    token = sign(hostile, logout_claims(hostile), key=rsa_key())
    assert send(new_person, hostile, token).status_code == 400
    assert mallory.is_in


def test_who_is_closed_at_the_provider_is_out(site, idp, new_person):
    """With a refresh token the provider is asked; its no ends the session, its silence does not."""
    site.set(
        idp.provider, check_minutes=1, scope="openid profile email offline_access", prompt="consent"
    )
    greta = new_person(login="greta")
    greta.sign_in(idp.provider)
    assert greta.is_in
    make_due(site, "greta")
    check(site)
    assert greta.is_in
    idp.person("greta", is_closed=True)
    make_due(site, "greta")
    check(site)
    assert not greta.is_in
    [ended] = sessions_of(site, "greta")
    assert ended["end_reason"] == "closed"
    idp.person("greta")
    site.set(idp.provider, check_minutes=0, scope="openid profile email", prompt=False)


def sessions_of(site, subject):
    return site.read("ipai.oidc.session", [("subject", "=", subject)], "end_reason", "ended_at")


def make_due(site, subject):
    numbers = [one["id"] for one in sessions_of(site, subject)]
    site.set_back("checked_at", *numbers)


def check(site):
    [cron] = site.read("ir.cron", [("cron_name", "like", "Single sign-on: ask%")], "id")
    site.call("ir.cron", "method_direct_trigger", [cron["id"]])


def test_a_session_has_an_end(site, hostile, new_person):
    mallory = new_person()
    mallory.sign_in(hostile.provider)
    number = site.call("ipai.oidc.session", "search", [("subject", "=", "mallory")], limit=1)
    site.set_back("ends_at", *number)
    assert not mallory.is_in


def test_an_administrator_ends_a_session(site, hostile, new_person):
    mallory = new_person()
    mallory.sign_in(hostile.provider)
    number = site.call("ipai.oidc.session", "search", [("subject", "=", "mallory")], limit=1)
    site.call("ipai.oidc.session", "action_end", number)
    assert not mallory.is_in


def test_a_frozen_provider_does_not_freeze_us(site, idp, new_person):
    alice = new_person(login="alice")
    answer = alice.answer_of_provider(idp.provider)
    idp.freeze()
    begun = time.monotonic()
    try:
        response = alice.get(answer)
    finally:
        idp.thaw()
    assert response.status_code == 504
    assert site.event(reference_of(response))[0] == "too_slow"
    assert time.monotonic() - begun < 12


def test_a_provider_that_is_down_ends_on_the_page(site, idp, new_person):
    alice = new_person(login="alice")
    answer = alice.answer_of_provider(idp.provider)
    idp.stop()
    try:
        response = alice.get(answer)
    finally:
        idp.start()
    assert response.status_code == 502
    assert site.event(reference_of(response))[0] == "unreachable"


def test_the_session_of_before_is_not_the_session_after(site, hostile, new_person):
    """No fixation: who planted a session id in a browser does not hold the signed-in one."""
    mallory = new_person()
    answer = mallory.answer_of_provider(hostile.provider)
    before = mallory.http.cookies["session_id"]
    mallory.get(answer)
    assert mallory.http.cookies["session_id"] != before
    assert parameters(answer)["state"]
