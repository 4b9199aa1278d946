"""“Is it you?”, asked of somebody whose role takes a second factor: the code of the app, on desk and phone."""

import base64
import hmac
import json
import struct
import time

import pytest
from chromium import Chromium
from test_screens import WIDTHS, album, photograph, rest  # noqa: F401

SECRET = "JBSWY3DPEHPK3PXP"
DIALOG = ".modal .o_field_widget[name=code] input"
# What a button does that Odoo itself guards: call, then open what comes back.
PRESS = """(async () => {
    const { rpc } = odoo.loader.modules.get("@web/core/network/rpc");
    const path = "/web/dataset/call_kw/res.users/api_key_wizard";
    await odoo.__WOWL_DEBUG__.root.env.services.action.doAction(await rpc(path, %s));
})()"""


def code(later=0):
    """Return the app's code of now, or of so many steps of 30 s later (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time() / 30) + later)
    digest = hmac.digest(base64.b32decode(SECRET), counter, "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


@pytest.fixture
def sam(odoo):
    """Somebody with an app, who got a role that asks for a second factor; taken back afterwards."""
    user, project = odoo.find("res.users", ("login", "=", "sam")), odoo.find("ops.project")
    [role] = odoo.call("ops.role", "create", [{"name": "Careful", "needs_second_factor": True}])
    member = {"project_id": project, "user_id": user, "role_id": role}
    [member] = odoo.call("ops.project.member", "create", [member])
    yield user
    odoo.call("ops.project.member", "unlink", [member])
    odoo.call("ops.role", "unlink", [role])


@pytest.fixture
def sams_page(odoo, sam):
    """A page of Sam's, signed in with password and code."""
    with Chromium.launch() as chromium:
        page = chromium.open()
        page.visit(f"{odoo.url}/web/login", "input[name=login]")
        page.type("input[name=login]", "sam")
        page.type("input[name=password]", "sam")
        page.click("button[type=submit]")
        page.wait_for("input[name=totp_token]")
        page.type("input[name=totp_token]", code())
        page.press("Enter")
        page.wait_for(".o_main_navbar")
        yield page
        assert not page.errors


def test_the_dialog_takes_the_code_of_the_app(sams_page, sam, odoo, album):  # noqa: F811
    page = sams_page
    page.visit(f"{odoo.url}/odoo/ops-my-keys", ".o_list_view, .o_kanban_view, .o_view_nocontent")
    press = {"model": "res.users", "method": "api_key_wizard", "args": [[sam]], "kwargs": {}}
    page.evaluate(PRESS % json.dumps(press))
    page.wait_for(DIALOG)
    assert not page.count(".modal button[name=action_use_password]:not(.d-none)")
    for size, width in WIDTHS.items():
        page.resize(*width)
        rest(page)
        photograph(page, album / f"asked-again-{size}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.type(DIALOG, "000000" if code() != "000000" else "111111")
    page.click(".modal-footer button[name=run_check]")
    page.wait_for(".modal .alert-danger", "Verification failed")
    page.type(DIALOG, code(later=1))  # each code is good for one time
    page.click(".modal-footer button[name=run_check]")
    page.wait_gone(DIALOG)
    page.wait_for(".modal .o_field_widget[name=duration], .modal .o_field_widget[name=name]")
