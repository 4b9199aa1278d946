"""The screens of modules, at the width of a desk and of a phone."""

import pytest
from test_screens import (  # noqa: F401
    FORM,
    LIST,
    WIDTHS,
    address,
    album,
    check_screen,
    environment,
    photograph_part,
)


def record(path, model, *domain):
    return (path, model, list(domain), FORM)


def page_of(path, selector=LIST):
    return (path, None, None, selector)


def operation(*domain):
    return record("module-operations", "ipai.module.operation", *domain)


def change(*domain):
    return record("module-changes", "ipai.module.change", *domain)


QUEUE = record("module-marketplace", "ipai.module.package", ("technical_name", "=", "queue_job"))
OUTDATED = ("is_outdated", "=", True)
PLACE = [("project_id.code", "=", "acme"), ("environment_id.name", "=", "main")]
NEWEST = [*PLACE, ("kind", "=", "deploy"), ("event_ids", "!=", False)]
SCREENS = {
    "modules-marketplace": (page_of("module-marketplace"), []),
    "modules-page": (QUEUE, []),
    "modules-add": (QUEUE, [("button[name=action_add]", None), (".modal-body", None)]),
    "modules-environment": (environment("main"), []),
    "modules-inventory": (page_of("environment-modules"), []),
    "modules-module": (record("environment-modules", "ipai.environment.module", OUTDATED), []),
    "modules-operations": (page_of("module-operations"), []),
    "modules-remove": (operation(("action", "=", "uninstall")), []),
    "modules-install": (operation(("action", "=", "install"), ("state", "=", "ready")), []),
    "modules-operation-failed": (operation(("state", "=", "failed")), []),
    "modules-changes": (page_of("module-changes"), []),
    "modules-change": (change(("state", "=", "ready")), []),
    "modules-change-refused": (change(("state", "=", "refused")), []),
    "modules-change-committed": (change(("state", "=", "pushed")), []),
    "modules-index": (record("module-index", "ipai.module.index"), []),
    "modules-questions": (page_of("module-questions"), []),
}


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_modules_fits(page, odoo, album, name, size):  # noqa: F811
    (path, model, domain, selector), clicks = SCREENS[name]
    place = (address(odoo, path, model, domain), selector)
    check_screen(page, place, clicks, album / f"{name}-{size}.png", size)


@pytest.mark.parametrize("size", WIDTHS)
def test_two_environments_side_by_side_fit(page, odoo, album, size):  # noqa: F811
    sides = [
        odoo.find("ops.environment", ("project_id.code", "=", "acme"), ("name", "=", name))
        for name in ("main", "release/2.4")
    ]
    compare = odoo.call(
        "ipai.module.compare", "create", {"left_id": sides[0], "right_id": sides[1]}
    )
    place = (f"{odoo.url}/odoo/module-compare/{compare}", FORM)
    check_screen(page, place, [], album / f"modules-compare-{size}.png", size)


@pytest.mark.parametrize("size", WIDTHS)
def test_what_a_deploy_updates_fits(page, odoo, album, size):  # noqa: F811
    place = (address(odoo, "ops-runs", "ops.run", NEWEST), ".o_ops_log_row")
    picture = album / f"modules-updates-{size}.png"
    check_screen(page, place, [(".nav-link", "Updates")], picture, size)
    table = ".o_field_widget[name=update_plan] table"
    assert "a restart" in photograph_part(page, picture, table)


@pytest.mark.parametrize("size", WIDTHS)
def test_the_place_of_a_forges_token_fits(page, odoo, album, size):  # noqa: F811
    place = (address(odoo, "ops-projects", "ops.project", [("code", "=", "bikes")]), FORM)
    picture = album / f"modules-forge-token-{size}.png"
    [project] = odoo.call("ops.project", "search", [("code", "=", "bikes")])
    nobody = "http://127.0.0.1:9"  # it is asked, and cannot be reached
    odoo.call("ir.config_parameter", "set_param", "ipai_ops.open_networks", "127.0.0.1/32")
    odoo.call("ops.project", "write", [project], {"forge_api_url": nobody})
    odoo.call("ops.project", "write", [project], {"new_forge_token": "token"})
    check_screen(page, place, [("button[name=action_test_forge]", "Test token")], picture, size)
    said = photograph_part(page, picture, ".o_field_widget[name=forge_test]")
    assert said in ("Asking…", "It does not work")
