"""The board as a person uses it: columns, drag, keys, live cards."""

import pytest
from page import until
from parity import parity

COLUMN = ".o_kanban_group:nth-child({})"
CARD = ".o_kanban_record"
TITLE = f"{CARD} .fw-bold"  # by which a hand takes a card


@pytest.fixture
def board(page, odoo):
    page.visit(f"{odoo.url}/odoo/ops-environments", CARD)
    return page


def cards(page, column):
    return page.evaluate(
        f"[...document.querySelectorAll('{COLUMN.format(column)} {CARD} .fw-bold')]"
        ".map(e => e.innerText.trim())"
    )


def text_of(page, name):
    """Return what the card of that name says."""
    return page.evaluate(
        f"[...document.querySelectorAll('{CARD}')].find(e => e.innerText.includes('{name}')).innerText"
    )


def test_the_stages_stand_in_their_order(board):
    shown = board.evaluate(
        "[...document.querySelectorAll('.o_column_title')].map(e => e.innerText.split('\\n')[0])"
    )
    assert [stage.split()[0] for stage in shown] == ["Production", "Staging", "Development"]


def test_a_card_shows_state_commit_and_progress(board):
    text = text_of(board, "release/2.5")
    assert "Deploying" in text
    assert "%" in text
    assert "next:" in text
    assert "62 tests passed" in text_of(board, "feature/pos")


def test_a_development_card_moves_to_staging_after_a_question(board, odoo):
    board.drag(TITLE, COLUMN.format(2), text="spike/ai")
    board.wait_for(".modal", "Move to Staging?")
    board.click(".modal-footer .btn-primary")
    board.wait_true(f"document.querySelector('{COLUMN.format(2)}').innerText.includes('spike/ai')")
    spike = odoo.find("ops.environment", ("name", "=", "spike/ai"))
    stage = [("id", "=", spike), ("stage", "=", "staging")]
    assert until(lambda: odoo.call("ops.environment", "search_count", stage))  # the card goes ahead
    odoo.call("ops.environment", "write", [spike], {"stage": "development"})


def test_a_refused_question_leaves_the_card_where_it_was(board):
    board.drag(TITLE, COLUMN.format(3), text="release/2.4")
    board.wait_for(".modal", "Move to Development?")
    board.click(".modal-footer .btn-secondary")
    board.wait_gone(".modal")
    assert "release/2.4" in cards(board, 2)


def test_a_card_dragged_to_production_stays_and_asks_whether_to_promote_its_build(board):
    board.drag(TITLE, COLUMN.format(1), text="release/2.4")
    board.wait_for(".modal", "Promote release/2.4 to production")
    board.wait_for(".modal", "Merge release/2.4 into main")
    board.click(".modal-footer .btn-secondary")
    board.wait_gone(".modal")
    assert "release/2.4" in cards(board, 2)


def test_production_is_not_dragged_away(board):
    board.drag(TITLE, COLUMN.format(2), text="main")
    board.wait_for(".o_notification", "Production stays in its column")
    assert "main" in cards(board, 1)


def test_a_card_says_how_old_the_data_and_the_backup_are(board):
    board.click(".o_ops_board_project")
    board.click(".o-dropdown-item", "Acme ERP")
    board.wait_for(".o_ops_board_header", "webhook seen")
    told = (("release/2.4", "masked"), ("main", "backup"))
    for name, words in told:
        assert board.wait_true(
            f"[...document.querySelectorAll('{CARD}')].some("
            f"e => e.innerText.includes('{name}') && e.innerText.includes('{words}'))"
        )


@parity("4.9")
def test_a_card_follows_the_server_without_a_reload(board, odoo):
    board.evaluate("window.__same = true")
    number = odoo.find("ops.environment", ("name", "=", "feature/pos"))
    run = odoo.call("ops.run", "queue_run", "acme", number)
    board.wait_true(
        f"[...document.querySelectorAll('{CARD}')].find(e => e.innerText.includes('feature/pos'))"
        ".innerText.includes('Waiting to deploy')",
        deadline=60,
    )
    assert board.evaluate("window.__same")
    odoo.call("ops.run", "action_cancel", [run])


def test_slash_searches(board):
    board.evaluate("document.activeElement.blur()")
    board.press("/")
    assert board.wait_true("document.activeElement.matches('.o_searchview_input')")


def test_n_makes_a_new_environment(board):
    board.evaluate("document.activeElement.blur()")
    board.press("n")
    assert board.wait_for(".o_form_view .o_field_widget[name=project_id]")


def test_l_opens_the_log_of_the_chosen_card(board):
    board.evaluate(
        f"[...document.querySelectorAll('{CARD}')].find(e => e.innerText.includes('release/2.4')).focus()"
    )
    board.press("l")
    assert board.wait_for(".o_ops_log")


def test_the_header_switches_to_a_project(board):
    board.click(".o_ops_board_project")
    board.click(".o-dropdown-item", "Acme ERP")
    board.wait_for(".o_ops_board_header", "webhook seen")
    assert board.wait_true(
        "!document.querySelector('.o_kanban_renderer').innerText.includes('Blue Bikes')"
    )


def test_a_click_on_a_project_opens_its_board(page, odoo):
    page.visit(f"{odoo.url}/odoo/ops-projects", CARD)
    page.click(".o_kanban_record", "Acme ERP")
    assert page.wait_for(".o_ops_board_header", "github.com/acme/erp")


@parity("3.1", "3.7")
def test_a_viewer_is_offered_nothing_that_would_be_refused(viewers_page, odoo):
    viewers_page.visit(f"{odoo.url}/odoo/ops-environments", CARD)
    assert "Deploy" not in viewers_page.evaluate(
        f"[...document.querySelectorAll('{CARD} button')].map(e => e.innerText.trim())"
    )
    assert not viewers_page.count(".o-kanban-button-new")
    viewers_page.drag(TITLE, COLUMN.format(3), text="release/2.4")
    viewers_page.press("n")
    run = odoo.find("ops.run", ("environment_id.name", "=", "release/2.4"))
    viewers_page.visit(f"{odoo.url}/odoo/ops-runs/{run}", ".o_ops_log")
    assert not viewers_page.count(".modal, button[name=action_redeploy], button[name=action_retry]")
    assert not viewers_page.errors
