"""The screens of n8n, of facts and of alerts, at the width of a desk and of a phone."""

import pytest
from test_screens import (  # noqa: F401
    FORM,
    LIST,
    WIDTHS,
    address,
    album,
    check_screen,
    photograph_part,
)


def record(path, model, *domain):
    return (path, model, list(domain), FORM)


def page_of(path):
    return (path, None, None, LIST)


SCREENS = {
    "alerts": page_of("ops-alerts"),
    "alert": record("ops-alerts", "ops.alert", ("key", "=", "slow")),
    "facts": page_of("ops-facts"),
    "fact": record("ops-facts", "ops.fact", ("kind", "=", "alert.raised")),
    "fact-readers": page_of("ops-fact-readers"),
    "n8n-servers": page_of("n8n"),
    "n8n-server": record("n8n", "ipai.n8n.server"),
    "n8n-subscriptions": page_of("n8n-subscriptions"),
    "n8n-subscription": record("n8n-subscriptions", "ipai.n8n.subscription"),
    "n8n-deliveries": page_of("n8n-deliveries"),
    "n8n-delivery": record("n8n-deliveries", "ipai.n8n.delivery", ("state", "=", "delivered")),
    "n8n-given-up": page_of("n8n-given-up"),
    "n8n-workflows": page_of("n8n-workflows"),
    "n8n-calls": page_of("n8n-calls"),
}


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_n8n_fits(page, odoo, album, name, size):  # noqa: F811
    path, model, domain, selector = SCREENS[name]
    place = (address(odoo, path, model, domain), selector)
    check_screen(page, place, [], album / f"{name}-{size}.png", size)


@pytest.mark.parametrize("size", WIDTHS)
def test_what_n8n_did_about_a_run_fits_on_its_page(page, odoo, album, size):  # noqa: F811
    about = odoo.find("ipai.n8n.delivery", ("run_id.state", "=", "done"))
    [row] = odoo.call("ipai.n8n.delivery", "read", [about], ["run_id"])
    place = (f"{odoo.url}/odoo/ops-runs/{row['run_id'][0]}", FORM)
    picture = album / f"n8n-run-{size}.png"
    check_screen(page, place, [(".nav-link", "n8n")], picture, size)
    told = photograph_part(page, picture, ".o_field_widget[name=n8n_delivery_ids]")
    assert "run.finished" in told


@pytest.mark.parametrize("size", WIDTHS)
def test_the_choice_of_workflows_fits(page, odoo, album, size):  # noqa: F811
    path, model, domain, selector = SCREENS["n8n-server"]
    place = (address(odoo, path, model, domain), selector)
    more = [(".o_statusbar_buttons button[title=More]", None)] if size == "phone" else []
    clicks = [*more, ("button[name=action_import]", None), (".modal-body", None)]
    check_screen(page, place, clicks, album / f"n8n-import-{size}.png", size)
