"""A passkey, made and used in the browser as a person does: Chromium's own authenticator signs for real."""

import json
from dataclasses import replace

import pytest
from chromium import Chromium
from page import until
from parity import parity
from server import log_in
from test_asked_again import PRESS

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NAME = ".modal .o_field_widget[name=name] input"
KEYS = ".o_list_view, .o_kanban_view, .o_view_nocontent"
ASK = """(async () => {
    const { rpc } = odoo.loader.modules.get("@web/core/network/rpc");
    return (await rpc("/web/dataset/call_kw/res.users/action_confirm_identity", %s)).res_model;
})()"""


@pytest.fixture
def place(odoo):
    """The Odoo's address with a host name: a passkey belongs to one, an IP address is none."""
    url = odoo.url.replace("127.0.0.1", "localhost")
    before = odoo.call("ir.config_parameter", "get_param", "web.base.url")
    odoo.call("ir.config_parameter", "set_param", "web.base.url", url)
    yield url
    odoo.call("ir.config_parameter", "set_param", "web.base.url", before)


@pytest.fixture
def pia(odoo):
    """Somebody whose role asks for a second factor."""
    known = [("module", "=", "ipai_ops"), ("name", "=", "group_viewer")]
    [group] = odoo.call("ir.model.data", "search_read", known, ["res_id"])
    names = {"name": "Pia Passkey", "login": "pia", "password": "pia"}
    [user] = odoo.call("res.users", "create", [{**names, "group_ids": [(4, group["res_id"])]}])
    [role] = odoo.call("ops.role", "create", [{"name": "Keyed", "needs_second_factor": True}])
    member = {"project_id": odoo.find("ops.project"), "user_id": user, "role_id": role}
    [member] = odoo.call("ops.project.member", "create", [member])
    yield user
    odoo.call("ops.project.member", "unlink", [member])
    odoo.call("ops.role", "unlink", [role])
    odoo.call("res.users", "write", [user], {"active": False, "login": f"pia-{user}"})


@pytest.fixture
def pias_page(odoo, place, pia):
    """A page of Pia's, signed in with the password; her device can make passkeys."""
    with Chromium.launch() as chromium:
        log_in(chromium, replace(odoo, url=place), "pia")
        page = chromium.open()
        page.send("WebAuthn.enable")
        device = page.send("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
        page.device = device["authenticatorId"]
        yield page
        assert not page.errors


def press(page, user, button):
    order = {"model": "res.users", "method": button, "args": [[user]], "kwargs": {}}
    page.evaluate(PRESS % json.dumps(order))


def make_passkey(page, place, user):
    """What *Add Passkey* in the preferences does: the password once more, a name, the device."""
    page.visit(f"{place}/odoo/ops-my-keys", KEYS)
    press(page, user, "action_create_passkey")
    page.wait_for(".modal .o_field_widget[name=password] input")
    page.type(".modal .o_field_widget[name=password] input", "pia")
    page.click(".modal-footer button[name=run_check]:not(.d-none)")
    page.wait_for(NAME)
    page.type(NAME, "This device")
    page.click(".modal-footer button[name=make_key]")
    page.wait_gone(NAME)


def credentials(page):
    told = page.send("WebAuthn.getCredentials", authenticatorId=page.device)
    return told["credentials"]


def ask_for_the_passkey(page, place, user):
    """Have a dangerous button ask who is there, and answer with the passkey."""
    page.visit(f"{place}/odoo/ops-my-keys", KEYS)
    press(page, user, "action_confirm_identity")
    page.wait_for(".modal h3", "Use your passkey")
    page.click(".modal-footer button[name=run_check]", "Use Passkey")


def is_asked(page, user):
    """Whether the button would ask now."""
    order = {"model": "res.users", "method": "action_confirm_identity", "args": [[user]]}
    told = page.evaluate(ASK % json.dumps({**order, "kwargs": {}}))
    return told == "res.users.identitycheck"


def test_a_passkey_is_asked_for_and_signs(pias_page, place, pia):
    page = pias_page
    make_passkey(page, place, pia)
    [key] = credentials(page)
    ask_for_the_passkey(page, place, pia)
    page.wait_gone(".modal")
    assert credentials(page)[0]["signCount"] > key["signCount"]
    assert not is_asked(page, pia)


@parity("3.3")
def test_who_signed_in_by_passkey_has_shown_a_second_factor(pias_page, place, pia):
    page = pias_page
    make_passkey(page, place, pia)
    assert is_asked(page, pia)
    page.visit(f"{place}/web/session/logout", "input[name=login]")
    page.click(".passkey_login_link")
    page.wait_for(".o_main_navbar")
    assert not is_asked(page, pia)


def test_a_device_that_does_not_verify_the_person_opens_nothing(pias_page, place, pia):
    page = pias_page
    make_passkey(page, place, pia)
    page.send("WebAuthn.setUserVerified", authenticatorId=page.device, isUserVerified=False)
    ask_for_the_passkey(page, place, pia)
    until(lambda: page.evaluate("1") and "NotAllowedError" in " ".join(page.console))
    assert page.count(".modal h3")
    assert is_asked(page, pia)
