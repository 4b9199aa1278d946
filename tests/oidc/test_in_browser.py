"""Sign-on as people see it: set up by an administrator, used by staff, in a real browser, and photographed."""

import json

import pytest
from chromium import Chromium
from parity import parity
from test_screens import WIDTHS, album, photograph, rest

__all__ = ["album"]  # a fixture


# What a button does: call, then open what comes back.
OPEN = """(async () => {
    const { rpc } = odoo.loader.modules.get("@web/core/network/rpc");
    const asked = %s;
    const path = `/web/dataset/call_kw/${asked.model}/${asked.method}`;
    await odoo.__WOWL_DEBUG__.root.env.services.action.doAction(await rpc(path, asked));
})()"""
# The provider's own pages, and the answer to a sign-in that is refused on purpose.
NOT_OURS = ("favicon.ico", "fonts.", "403 (")


@pytest.fixture(scope="module")
def browsers():
    with Chromium.launch() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def admins(site, idp):
    """A browser in which the administrator is signed in, by password."""
    with Chromium.launch() as chromium:
        log_in(chromium, site)
        yield chromium


@pytest.fixture
def page(browsers):
    """A tab of a person nobody knows; a complaint in the console fails the test."""
    yield from tab_of(browsers)


@pytest.fixture
def admins_page(admins):
    yield from tab_of(admins)


def tab_of(chromium):
    tab = chromium.open()
    yield tab
    tab.evaluate("1")
    errors = [error for error in tab.errors if not any(known in error for known in NOT_OURS)]
    tab.close()
    assert not errors, f"the console complained: {errors}"


def log_in(chromium, site):
    page = chromium.open()
    page.visit(f"{site.url}/web/login", "input[name=login]")
    for name in ("login", "password"):
        page.type(f"input[name={name}]", "admin")
    page.press("Enter")
    page.wait_for(".o_main_navbar")
    page.close()


def take(page, album, name):
    """Photograph a page at both widths; it must fit the phone."""
    for size, (width, height) in WIDTHS.items():
        page.resize(width, height)
        rest(page)
        photograph(page, album / f"sso-{name}-{size}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    page.resize(*WIDTHS["desktop"])


def sign_in(page, site, name):
    page.send("Network.clearBrowserCookies")  # at the provider, too
    # Whoever used the browser before is remembered, and offered instead of the form.
    page.send("Storage.clearDataForOrigin", origin=site.url, storageTypes="local_storage")
    page.visit(f"{site.url}/web/login", ".o_login_auth a")
    page.click(".o_login_auth a", "Sign in with Example")
    page.type("input[name=login]", name)
    page.press("Enter")


@parity("3.2")
def test_staff_sign_in_and_out(site, idp, page, album):
    site.set(idp.provider, sequence=1)
    page.visit(f"{site.url}/web/login", ".o_login_auth a")
    take(page, album, "login")
    sign_in(page, site, "alice")
    page.wait_for(".o_main_navbar")
    page.goto(f"{site.url}/web/session/logout")
    page.click("button[name=logout]")
    page.wait_for(".o_oidc_signed_out", "You are logged out")
    assert page.evaluate("location.pathname") == "/auth_oidc/signed_out"


def test_a_refusal_says_what_happened_and_a_reference(site, idp, page, admins_page, album):
    site.set(idp.provider, account_policy="link")
    sign_in(page, site, "stranger")
    page.wait_for(".o_oidc_refusal", "There is no user here for this account.")
    reference = page.text(".o_oidc_reference")
    assert reference.strip(), "an empty reference would be found in every row below"
    take(page, album, "refused")
    site.set(idp.provider, account_policy="create")
    admins_page.visit(f"{site.url}/odoo/sso-events", ".o_list_view, .o_kanban_view")
    admins_page.wait_for(".o_data_row", reference)
    take(admins_page, album, "events")


def test_an_administrator_tests_the_connection(site, idp, admins_page, album):
    admins_page.visit(f"{site.url}/odoo/sso-providers/{idp.provider}", ".o_form_view")
    admins_page.click("button[name=action_check]")
    admins_page.wait_for(".alert-info", "The provider knows the client and our redirect URL")
    assert "The provider accepts the client’s proof." in admins_page.text(".alert-info")
    assert not admins_page.count(".alert-info .fa-times-circle")
    take(admins_page, album, "provider")


def test_an_administrator_sets_a_provider_up(site, hostile, admins_page, album):
    admins_page.visit(f"{site.url}/odoo/sso-providers/new", ".o_form_view")
    admins_page.wait_for(".o_field_widget[name=preset]")
    admins_page.type(".o_field_widget[name=name] input", "Fresh")
    admins_page.type(".o_field_widget[name=issuer] input", hostile.url)
    admins_page.type(".o_field_widget[name=client_id] input", "odoo")
    admins_page.type(".o_field_widget[name=client_secret] input", "typed-in")
    admins_page.click("button[name=action_discover]")
    admins_page.wait_true(
        "document.querySelector('.o_field_widget[name=token_endpoint] input')?.value.endsWith('/token')"
    )
    admins_page.wait_for(".o_form_view .badge", "set")
    assert "typed-in" not in admins_page.evaluate("document.body.innerHTML")
    [record] = site.read(
        "auth.oauth.provider", [("name", "=", "Fresh")], "has_client_secret", "jwks_uri"
    )
    assert record["has_client_secret"] and record["jwks_uri"] == f"{hostile.url}/keys"


def test_an_administrator_sees_the_sessions_and_ends_one(site, idp, page, admins_page, album):
    sign_in(page, site, "carol")
    page.wait_for(".o_main_navbar")
    admins_page.visit(f"{site.url}/odoo/sso-sessions", ".o_data_row")
    take(admins_page, album, "sessions")
    admins_page.visit(f"{site.url}/odoo/sso-sessions", ".o_data_row")
    admins_page.click(".o_data_row button[name=action_end]")
    admins_page.click(".modal-footer .btn-primary")
    admins_page.wait_gone(".modal")
    page.goto(f"{site.url}/odoo")
    page.wait_true("location.pathname === '/web/login'")
    assert not page.count(".o_main_navbar")


def test_a_person_is_asked_again_at_the_provider(site, idp, page, album):
    site.set(idp.provider, name="Example’s accounts")
    sign_in(page, site, "dora")
    page.wait_for(".o_main_navbar")
    [user] = site.call("res.users", "search", [("login", "=", "dora@example.test")])
    asked = {"model": "res.users", "method": "api_key_wizard", "args": [[user]], "kwargs": {}}
    page.evaluate(OPEN % json.dumps(asked))
    page.wait_for(".modal .o_oidc_again", "again")
    assert not page.count(".modal .o_field_widget[name=name]"), "no key before it is clear who asks"
    take(page, album, "again")
    page.click(".modal-footer button[name=action_sign_in_again]")
    page.type("input[name=login]", "dora")
    page.press("Enter")
    page.wait_for(".o_main_navbar")
    page.evaluate(OPEN % json.dumps(asked))
    page.wait_for(".modal .o_field_widget[name=name]")
    assert not page.count(".modal .o_oidc_again"), "who was there just now is not asked once more"


def test_where_sign_on_is_the_rule_the_password_is_gone(site, idp, page, album):
    admin = site.call("res.users", "search", [("login", "=", "admin")])
    site.call("res.users", "write", admin, {"oidc_break_glass": True})
    settings = site.call("res.config.settings", "create", [{"oidc_sso_only": "everyone"}])
    try:
        site.call("res.config.settings", "execute", settings)
        page.visit(f"{site.url}/web/login", ".o_oidc_only")
        assert not page.count("input[type=password]")
        take(page, album, "only")
        page.click("a", "Emergency account")
        page.wait_true("!!document.querySelector('input[type=password]')")
    finally:
        site.call("ir.config_parameter", "set_param", "ipai_auth_oidc.sso_only", False)
        site.call("res.users", "write", admin, {"oidc_break_glass": False})
