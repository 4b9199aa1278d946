"""Deciding on a run that waits, as a person does it: at a desk, on a phone, from a mail."""

import pytest
from chromium import Chromium
from conftest import log_in
from parity import parity

DECIDE = ".o_ops_decide button[name=action_approve]"


def waiting(odoo, project="acme"):
    return odoo.find("ops.run", ("state", "=", "blocked"), ("project_id.code", "=", project))


@pytest.fixture
def dana(odoo):
    """A page of a developer, who may not approve production."""
    with Chromium.launch() as chromium:
        log_in(chromium, odoo, "dana")
        yield chromium.open()


def test_a_developer_sees_what_waits_and_gets_no_button(dana, odoo):
    dana.visit(f"{odoo.url}/odoo/ops-runs/{waiting(odoo)}", ".o_ops_approval")
    dana.wait_for(".o_ops_approval", "1 of 2 approved so far.")
    assert not dana.count(f"{DECIDE}, button[name=action_reject], button[name=action_override]")
    assert not dana.errors


def test_on_a_phone_the_answers_are_within_reach_of_the_thumb(page, odoo):
    page.resize(390, 844)
    page.visit(f"{odoo.url}/odoo/ops-runs/{waiting(odoo)}", DECIDE)
    top = page.evaluate(f"document.querySelector('{DECIDE}').getBoundingClientRect().top")
    height = page.evaluate(f"document.querySelector('{DECIDE}').getBoundingClientRect().height")
    assert 844 * 0.75 < top < 844 - height
    assert height >= 44


@parity("1.5")
def test_an_approval_with_a_reason_lets_the_run_go_on(page, odoo):
    run = waiting(odoo, "bikes")
    page.visit(f"{odoo.url}/odoo/ops-waiting", ".o_list_view, .o_kanban_view")
    page.visit(f"{odoo.url}/odoo/ops-runs/{run}", DECIDE)
    page.click(DECIDE)
    page.wait_for(".modal-body", "Data at risk")
    page.type(".modal-body [name=reason] textarea", "Go on.")
    page.click(".modal-footer button[name=action_confirm]:not(.d-none)")
    page.wait_gone(".modal")
    [row] = odoo.call("ops.run", "read", [run], ["state"])
    assert row["state"] in ("queued", "running")
    said = odoo.call("ops.approval", "search_read", [("run_id", "=", run)], ["reason"])
    assert "Go on." in [each["reason"] for each in said]
