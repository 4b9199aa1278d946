"""Who somebody is here: linked, made, refused; groups that come and go; how strongly they signed in."""

import secrets

import pytest
from parity import parity
from person import reference_of


@pytest.fixture
def name():
    """A person nobody knows yet."""
    return f"p{secrets.token_hex(4)}"


@pytest.fixture
def policy(site, hostile):
    """Set the provider for one test; what was before comes back."""
    usual = {
        "account_policy": "create",
        "groups_claim": False,
        "group_rule_ids": [(5, 0, 0)],
        "is_group_needed": False,
        "domains": False,
        "acr_values": False,
        "amr_values": False,
        "second_factor_values": "mfa",
        "verified_claim": "email_verified",
        "max_age_minutes": 0,
    }
    yield lambda **values: site.set(hostile.provider, **values)
    site.set(hostile.provider, **usual)


def come(new_person, hostile, name, **claims):
    """Sign in as somebody; return the person and Odoo's answer."""
    person = new_person()
    said = {"sub": name, "email": f"{name}@example.test", "name": name.title(), **claims}
    with hostile.lying(claims=said, userinfo={"sub": name}):
        return person, person.sign_in(hostile.provider)


def make_user(site, login, **values):
    return site.call("res.users", "create", [{"name": login, "login": login, **values}])[0]


def refusal(site, response):
    return site.event(reference_of(response))[0]


def test_a_verified_address_links_the_user_of_that_login(site, hostile, new_person, policy, name):
    policy(account_policy="link")
    number = make_user(site, f"{name}@Example.Test")
    person, _response = come(new_person, hostile, name)
    assert person.session()["uid"] == number


def test_an_unverified_address_links_nobody(site, hostile, new_person, policy, name):
    policy(account_policy="link")
    make_user(site, f"{name}@example.test")
    person, response = come(new_person, hostile, name, email_verified=False)
    assert refusal(site, response) == "unverified_email"
    assert not person.is_in


def test_wildcards_in_an_address_match_nobody(site, hostile, new_person, policy, name):
    policy(account_policy="link")
    make_user(site, f"{name}@example.test")
    for email in (f"{name[:-1]}_@example.test", f"{name[:2]}%@example.test"):
        _person, response = come(new_person, hostile, f"{name}x", email=email)
        assert refusal(site, response) == "no_account"


def test_the_contact_address_of_a_user_links_nobody(site, hostile, new_person, policy, name):
    """People may change it themselves: it says nothing of who they are."""
    policy(account_policy="link")
    make_user(site, f"login-{name}", email=f"{name}@example.test")
    _person, response = come(new_person, hostile, name)
    assert refusal(site, response) == "no_account"


def test_an_administrator_may_say_which_address_links_a_user(
    site, hostile, new_person, policy, name
):
    policy(account_policy="link")
    number = make_user(site, f"login-{name}", oidc_email=f"{name}@example.test")
    person, _response = come(new_person, hostile, name)
    assert person.session()["uid"] == number


def test_two_users_of_one_address_are_none(site, hostile, new_person, policy, name):
    policy(account_policy="link")
    make_user(site, f"{name}@example.test")
    make_user(site, f"login-{name}", oidc_email=f"{name}@example.test")
    _person, response = come(new_person, hostile, name)
    assert refusal(site, response) == "no_account"


def test_the_same_address_of_another_person_takes_nobody_over(
    site, hostile, new_person, policy, name
):
    come(new_person, hostile, name)
    person, response = come(new_person, hostile, f"{name}-2", email=f"{name}@example.test")
    assert refusal(site, response) == "account_taken"
    assert not person.is_in


def test_a_person_who_changes_the_address_stays_the_same_user(site, hostile, new_person, name):
    first, _response = come(new_person, hostile, name)
    again, _response = come(new_person, hostile, name, email=f"new-{name}@example.test")
    assert again.session()["uid"] == first.session()["uid"]


def test_only_linked_people_come_in_where_that_is_the_policy(
    site, hostile, new_person, policy, name
):
    policy(account_policy="linked")
    make_user(site, f"{name}@example.test")
    _person, response = come(new_person, hostile, name)
    assert refusal(site, response) == "no_account"


def test_an_archived_user_stays_out_and_is_not_made_anew(site, hostile, new_person, name):
    person, _response = come(new_person, hostile, name)
    number = person.session()["uid"]
    site.call("res.users", "write", [number], {"active": False})
    assert not person.is_in
    _person, response = come(new_person, hostile, name)
    assert refusal(site, response) == "account_closed"


def test_the_emergency_account_is_never_linked(site, hostile, new_person, policy, name):
    policy(account_policy="link")
    make_user(site, f"{name}@example.test", oidc_break_glass=True)
    _person, response = come(new_person, hostile, name)
    assert refusal(site, response) == "no_account"


@pytest.mark.parametrize(
    ("domain", "comes_in"), [("acme.example", True), ("evil.example", False), (None, False)]
)
def test_the_hosted_domain_is_the_claim_not_the_address(
    site, hostile, new_person, policy, name, domain, comes_in
):
    policy(domains="acme.example other.example")
    person, _response = come(new_person, hostile, name, hd=domain, email=f"{name}@acme.example")
    assert person.is_in == comes_in


def test_entra_vouches_with_a_claim_of_its_own(site, hostile, new_person, policy, name):
    policy(verified_claim="xms_edov")
    _person, response = come(new_person, hostile, f"{name}-1")
    assert refusal(site, response) == "unverified_email"
    person, _response = come(new_person, hostile, f"{name}-2", xms_edov="1", email_verified=None)
    assert person.is_in


# ----- groups -----


@pytest.fixture
def groups(site, policy):
    """Two groups with rules, and one without."""
    numbers = [
        site.call("res.groups", "create", [{"name": f"G{secrets.token_hex(3)}"}])[0]
        for _one in range(3)
    ]
    rules = [(0, 0, {"value": f"team-{index}", "group_id": numbers[index]}) for index in range(2)]
    policy(groups_claim="realm_access.roles", group_rule_ids=[(5, 0, 0), *rules])
    return numbers


def held(site, name, groups):
    return [number in site.user(f"{name}@example.test")["group_ids"] for number in groups]


def test_groups_follow_the_claim_in_both_directions(site, hostile, new_person, groups, name):
    come(new_person, hostile, name, realm_access={"roles": ["team-0", "else"]})
    assert held(site, name, groups) == [True, False, False]
    number = site.user(f"{name}@example.test")["id"]
    site.call("res.users", "write", [number], {"group_ids": [(4, groups[2])]})
    come(new_person, hostile, name, realm_access={"roles": ["team-1"]})
    assert held(site, name, groups) == [False, True, True]
    come(new_person, hostile, name)
    assert held(site, name, groups) == [False, False, True]


def test_a_list_that_was_too_long_to_send_takes_no_group(site, hostile, new_person, groups, name):
    come(new_person, hostile, name, realm_access={"roles": ["team-0"]})
    elsewhere = {"_claim_names": {"realm_access": "src1"}}
    _person, response = come(new_person, hostile, name, **elsewhere)
    assert refusal(site, response) == "too_many_groups"
    assert held(site, name, groups) == [True, False, False]


def test_who_is_in_no_group_stays_out_where_one_is_needed(
    site, hostile, new_person, policy, groups, name
):
    policy(is_group_needed=True)
    _person, response = come(new_person, hostile, name, realm_access={"roles": ["else"]})
    assert refusal(site, response) == "no_group"
    assert site.user(f"{name}@example.test") is None
    person, _response = come(new_person, hostile, name, realm_access={"roles": ["team-1"]})
    assert person.is_in


# ----- strength -----


@pytest.mark.parametrize(
    ("values", "claims", "comes_in"),
    [
        ({"acr_values": "gold"}, {"acr": "gold"}, True),
        ({"acr_values": "gold"}, {"acr": "silver"}, False),
        ({"acr_values": "gold"}, {}, False),
        ({"amr_values": "mfa hwk"}, {"amr": ["pwd", "hwk"]}, True),
        ({"amr_values": "mfa hwk"}, {"amr": ["pwd"]}, False),
        ({"amr_values": "mfa hwk"}, {"amr": "mfa"}, False),
        ({"amr_values": "mfa hwk"}, {}, False),
        ({"max_age_minutes": 5}, {"auth_time": 1_000_000}, False),
        ({"max_age_minutes": 5}, {}, False),
    ],
)
def test_a_required_strength_is_demanded(
    site, hostile, new_person, policy, name, values, claims, comes_in
):
    policy(**values)
    person, response = come(new_person, hostile, name, **claims)
    assert person.is_in == comes_in
    if not comes_in:
        assert refusal(site, response) in ("too_weak", "too_old", "not_told_when")


@parity("3.3")
@pytest.mark.parametrize(("amr", "proven"), [(["pwd", "mfa"], True), (["pwd"], False)])
def test_a_second_factor_at_the_provider_is_noted(site, hostile, new_person, name, amr, proven):
    come(new_person, hostile, name, amr=amr)
    [session] = site.read("ipai.oidc.session", [("subject", "=", name)], "has_second_factor", "amr")
    assert session["has_second_factor"] is proven
    assert session["amr"] == " ".join(amr)


def test_only_what_is_signed_proves_a_second_factor(site, hostile, new_person, name):
    person = new_person()
    claims = {"sub": name, "email": f"{name}@example.test", "name": None}
    with hostile.lying(
        claims=claims, userinfo={"sub": name, "name": "X", "amr": ["mfa"], "acr": "mfa"}
    ):
        person.sign_in(hostile.provider)
    [session] = site.read("ipai.oidc.session", [("subject", "=", name)], "has_second_factor", "amr")
    assert session["has_second_factor"] is False


# ----- the way in, and no other -----


@pytest.mark.parametrize(
    ("wanted", "landed"),
    [
        ("/odoo/action-1?x=2", "/odoo/action-1?x=2"),
        ("https://evil.example/", "/odoo"),
        ("//evil.example/", "/odoo"),
        ("/\\evil.example/", "/odoo"),
        ("/\t/evil.example/", "/odoo"),
        ("\\\\evil.example", "/odoo"),
        ("javascript:alert(1)", "/odoo"),
        ("/auth_oidc/start/1", "/odoo"),
        ("/web/session/logout", "/odoo"),
        ("odoo", "/odoo"),
    ],
)
def test_a_sign_in_leads_nowhere_else(site, hostile, new_person, wanted, landed):
    response = new_person().sign_in(hostile.provider, redirect=wanted)
    location = response.headers["Location"]
    assert location in (landed, site.url + landed)


def test_a_bare_access_token_opens_nothing(site, hostile, new_person):
    """Odoo's own flow would take a token that was made for any other client."""
    import json

    state = json.dumps({"d": site.database, "p": hostile.provider, "r": "odoo"})
    mallory = new_person()
    response = mallory.get(
        "/auth_oauth/signin", params={"access_token": "anything", "state": state}
    )
    assert "oauth_error=3" in response.headers["Location"]
    assert not mallory.is_in


@pytest.mark.parametrize("kind", ["ipai_oidc", "oauth_token"])
def test_the_login_form_cannot_ask_for_the_providers_way(site, new_person, kind):
    mallory = new_person()
    page = mallory.get("/web/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {
        "csrf_token": token,
        "login": "admin",
        "password": "x",
        "type": kind,
        "proof": "1",
        "token": "1",
    }
    mallory.post("/web/login", form)
    assert not mallory.is_in


def test_no_secret_is_in_the_log_or_readable(site, idp, hostile, new_person):
    alice = new_person(login="alice")
    alice.sign_in(idp.provider)
    with hostile.lying(claims={"nonce": "x"}):
        new_person().sign_in(hostile.provider)
    log = site.server.log.read_text()
    assert "a-secret-that-must-not-leak" not in log
    assert "eyJ" not in log
    names = site.call("auth.oauth.provider", "fields_get", [], ["type"])
    assert "client_secret_sealed" not in names and "private_key_sealed" not in names
    [record] = site.read(
        "auth.oauth.provider", [("id", "=", idp.provider)], "client_secret", "has_client_secret"
    )
    assert record["client_secret"] is False
    assert record["has_client_secret"] is True


def test_too_many_refusals_from_one_address_have_to_wait(site, hostile, new_person):
    mallory = new_person()
    path = f"/auth_oidc/callback/{hostile.provider}?state=invented&code=x"
    answers = [mallory.get(path).status_code for _turn in range(22)]
    assert answers == [403] * 20 + [429] * 2
    assert mallory.start(hostile.provider).status_code == 429
    assert new_person().sign_in(hostile.provider).status_code == 303


def test_a_start_at_no_provider_is_counted_too(new_person):
    mallory = new_person()
    answers = [mallory.start(999_999).status_code for _turn in range(21)]
    assert answers == [404] * 20 + [429]


def test_pages_of_a_sign_in_stay_out_of_caches_frames_and_referers(hostile, new_person):
    mallory = new_person()
    for response in (mallory.start(hostile.provider), mallory.sign_in(hostile.provider)):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
    refused = mallory.get(f"/auth_oidc/callback/{hostile.provider}?state=x")
    assert refused.headers["X-Frame-Options"] == "DENY"


def test_another_host_name_is_sent_to_the_real_one(site, hostile, new_person):
    mallory = new_person()
    mallory.http.headers["X-Forwarded-Host"] = "evil.example"
    response = mallory.start(hostile.provider)
    assert response.headers["Location"].startswith(f"{site.url}/auth_oidc/start/{hostile.provider}")


def test_the_next_person_in_the_browser_inherits_nothing(site, hostile, new_person, name):
    first, _response = come(new_person, hostile, name, amr=["mfa"])
    with hostile.lying(
        claims={"sub": f"{name}-b", "email": f"{name}-b@example.test", "amr": ["pwd"]}
    ):
        first.sign_in(hostile.provider)
    assert first.session()["username"] == f"{name}-b@example.test"
    sessions = site.read("ipai.oidc.session", [("subject", "=", f"{name}-b")], "has_second_factor")
    assert [one["has_second_factor"] for one in sessions] == [False]
