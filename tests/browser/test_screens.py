"""Every screen, opened at the width of a desk and of a phone.

A test fails where a screen complains in the console, or is wider than the phone. Each one is
photographed; ``IPAI_SCREENS=<folder> script/python -m pytest tests/browser`` keeps the pictures, with an
index page.
"""

import os
import time
from pathlib import Path

import pytest
from gallery import write_index
from parity import parity
from PIL import Image

WIDTHS = {"desktop": (1440, 900), "phone": (390, 844)}
COLOURS = 256  # a screen has few; a picture of them is a third of the size
WAITING = [("state", "=", "blocked"), ("project_id.code", "=", "acme")]
FORM, LIST, KANBAN = ".o_form_view", ".o_list_view, .o_kanban_view", ".o_kanban_view"


def environment(name):
    domain = [("project_id.code", "=", "acme"), ("name", "=", name)]
    return ("ops-environments", "ops.environment", domain, FORM)


def run(*domain):
    return ("ops-runs", "ops.run", list(domain), ".o_ops_log_row")


def waiting_run():
    return ("ops-runs", "ops.run", WAITING, ".o_ops_approval")


def project(code):
    return ("ops-projects", "ops.project", [("code", "=", code)], FORM)


def backup(*domain):
    return ("ops-backups", "ops.backup", list(domain), FORM)


def page_of(path, selector=LIST):
    return (path, None, None, selector)


# name: (path, model, domain of the record, what shows that it is there), then clicks
SCREENS = {
    "projects": (page_of("ops-projects", KANBAN), []),
    "project": (project("acme"), []),
    "project-first-use": (project("cargo"), []),
    "project-new": (page_of("ops-projects/new", FORM), []),
    "runs-empty": (
        page_of("ops-projects", KANBAN),
        [
            (".o_kanban_record:nth-child(3) .o_dropdown_kanban button", None),
            (".o-dropdown--menu .dropdown-item, .o_bottom_sheet .dropdown-item", "Runs"),
            (".o_view_nocontent", None),
        ],
    ),
    "board": (
        page_of("ops-environments", KANBAN),
        [
            (".o_ops_board_project", None),
            (".o-dropdown-item", "Acme ERP"),
            (".o_ops_board_header", "webhook seen"),
        ],
    ),
    "board-all-projects": (page_of("ops-environments", KANBAN), []),
    "environment": (environment("release/2.4"), []),
    "promote": (
        environment("release/2.4"),
        [("button[name=action_promote]", None), (".modal-body", None)],
    ),
    "environment-deploying": (environment("release/2.5"), []),
    "environment-failed": (environment("fix/vat-rounding"), []),
    "environment-builds": (environment("main"), [(".nav-link", "Builds")]),
    "environment-settings": (environment("feature/pos"), [(".nav-link", "Settings")]),
    "environment-stopped": (environment("spike/ai"), []),
    "environment-danger": (environment("feature/pos"), [(".nav-link", "Danger")]),
    "environment-destroy": (
        environment("feature/pos"),
        [(".nav-link", "Danger"), (".o_ops_danger button", None), (".modal-body", None)],
    ),
    "environment-backups": (
        environment("main"),
        [(".nav-link", "Backups"), (".o_ops_backup_facts", None)],
    ),
    "backups": (page_of("ops-backups"), []),
    "backup": (backup(("state", "=", "proven")), []),
    "backup-damaged": (backup(("state", "=", "damaged")), []),
    "backup-storage": (
        environment("main"),
        [
            (".nav-link", "Backups"),
            ("button[name=action_view_storage]", None),
            (".o_graph_view", None),
        ],
    ),
    "backup-restore": (
        backup(("state", "=", "proven")),
        [("button[name=action_restore]", None), (".modal-body", None)],
    ),
    "import": (
        environment("release/2.4"),
        [
            (".nav-link", "Backups"),
            ("button[name=action_import]", None),
            (".modal-body .o_ops_upload", None),
        ],
    ),
    "restore-as-of": (
        environment("main"),
        [
            (".nav-link", "Backups"),
            ("button[name=action_restore_as_of]", None),
            (".modal-body", None),
        ],
    ),
    "archives": (page_of("ops-archives"), []),
    "roll-back": (
        page_of("ops-restore-points"),
        [("button[name=action_roll_back]", None), (".modal-body", None)],
    ),
    "snapshot": (("ops-snapshots", "ops.snapshot", [("state", "=", "present")], FORM), []),
    "snapshot-masking": (
        ("ops-snapshots", "ops.snapshot", [("state", "=", "present")], FORM),
        [(".nav-link", "Masking")],
    ),
    "restores": (page_of("ops-restores"), []),
    "backup-repository": (
        ("ops-backup-repositories", "ops.backup.repository", [], FORM),
        [],
    ),
    "project-backups": (project("acme"), [(".nav-link", "Backups")]),
    "runs": (page_of("ops-runs"), []),
    "run-running": (run(("state", "=", "running"), ("event_ids", "!=", False)), []),
    "run-failed": (run(("state", "=", "failed")), []),
    "run-done": (
        run(("kind", "=", "deploy"), ("state", "=", "done"), ("event_ids", "!=", False)),
        [],
    ),
    "console": (
        environment("main"),
        [
            ("button[name=action_console]", None),
            (".modal-body .o_ops_console", None),
        ],
    ),
    "run-console": (run(("kind", "=", "database_shell")), []),
    "run-waiting-for-approval": (waiting_run(), []),
    "approve": (waiting_run(), [("button[name=action_approve]", None), (".modal-body", None)]),
    "waiting-for-me": (page_of("ops-waiting"), []),
    "decisions": (page_of("ops-approvals", ".o_list_view"), []),
    "roles": (page_of("ops-roles", ".o_list_view"), []),
    "role": (("ops-roles", "ops.role", [("code", "=", "operator")], FORM), []),
    "members": (project("acme"), [(".nav-link", "Members")]),
    "policies": (page_of("ops-policies"), []),
    "policy": (("ops-policies", "ops.policy", [("quorum", "=", 2)], FORM), []),
    "away": (page_of("ops-delegations", ".o_list_view"), []),
    "artifacts": (page_of("ops-artifacts"), []),
    "to-be-collected": (page_of("ops-garbage"), []),
    "database-servers": (page_of("ops-database-servers"), []),
    "webhook-deliveries": (page_of("ops-webhooks"), []),
}

BEHIND_MORE = {"console", "promote"}  # a phone's header has one menu for its buttons


@pytest.fixture(scope="session")
def album(tmp_path_factory):
    """The folder the pictures go to; its index page is written at the end."""
    wanted = os.environ.get("IPAI_SCREENS")
    folder = Path(wanted).resolve() if wanted else tmp_path_factory.mktemp("screens")
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    write_index(folder, WIDTHS)


def address(odoo, path, model, domain):
    record = f"/{odoo.find(model, *domain)}" if model else ""
    return f"{odoo.url}/odoo/{path}{record}"


def rest(page):
    """Wait until nothing moves any more: no request under way, fonts and pictures there."""
    page.wait_true("!document.querySelector('.o_loading_indicator, .o_blockUI')")
    page.wait_true("[...document.images].every(image => image.complete)")
    time.sleep(0.5)  # the transitions of menus and dialogs


def photograph(page, path):
    page.screenshot(path)
    Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def check_screen(page, place, clicks, picture, size):
    """Open a screen, click through it, photograph it; it fits and complains of nothing."""
    address_of_it, selector = place
    page.resize(*WIDTHS[size])
    page.visit(address_of_it, selector)
    for target, text in clicks:
        rest(page)  # a click on what is about to be drawn again is lost
        page.click(target, text)
    rest(page)
    photograph(page, picture)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert not page.count(".o_error_dialog, .o_notification_bar.bg-danger")


def photograph_part(page, picture, selector):
    """Photograph what stands further down; return its text."""
    part = f"document.querySelector({selector!r})"
    page.wait_for(selector)
    page.evaluate(f"{part}.scrollIntoView({{block: 'center'}})")
    rest(page)
    photograph(page, picture)
    return page.evaluate(f"{part}.innerText")


@parity("9.2")
@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits(page, odoo, album, name, size):
    (path, model, domain, selector), clicks = SCREENS[name]
    if size == "phone" and name in BEHIND_MORE:
        clicks = [(".o_statusbar_buttons button[title=More]", None), *clicks]
    place = (address(odoo, path, model, domain), selector)
    check_screen(page, place, clicks, album / f"{name}-{size}.png", size)
