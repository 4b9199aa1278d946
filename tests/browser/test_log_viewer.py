"""The live log in a real browser: 100,000 lines, search, follow and pause, levels, steps."""

import pytest
from parity import parity

BODY = ".o_ops_log_body"
ROWS = ".o_ops_log_rows .o_ops_log_row"
MOST_ROWS = 120
LONG_LOG = 100_000


def open_run(page, odoo, *domain):
    run = odoo.find("ops.run", *domain)
    page.visit(f"{odoo.url}/odoo/ops-runs/{run}", ROWS)
    return run


@pytest.fixture
def long_log(page, odoo):
    open_run(page, odoo, ("project_id.code", "=", "bikes"), ("state", "=", "done"))
    said = f"{LONG_LOG:,} lines"
    page.wait_true(f"document.querySelector('.o_ops_log_foot').innerText.includes('{said}')", 120)
    return page


@pytest.fixture
def running(page, odoo):
    environment = odoo.find("ops.environment", ("name", "=", "release/2.5"))
    run = open_run(page, odoo, ("environment_id", "=", environment), ("state", "=", "running"))
    page.wait_for(".o_ops_log_follow", "Following")
    return page, run


def say(odoo, run, *texts):
    for text in texts:
        odoo.call("ops.run", "append_event", run, "info", text)


def is_at_end(page):
    return page.evaluate(
        f"(e => e.scrollTop + e.clientHeight >= e.scrollHeight - 25)(document.querySelector('{BODY}'))"
    )


def visible(page, text):
    """Say whether a row with the text is within the frame of the log."""
    return page.evaluate(
        f"(() => {{ const frame = document.querySelector('{BODY}').getBoundingClientRect();"
        f"return [...document.querySelectorAll('{ROWS}')].some(row => {{"
        "const box = row.getBoundingClientRect();"
        f"return row.innerText.includes('{text}') && box.top >= frame.top - 5"
        " && box.bottom <= frame.bottom + 5 }) })()"
    )


def test_a_hundred_thousand_lines_keep_few_rows_in_the_page(long_log):
    assert long_log.count(ROWS) <= MOST_ROWS
    height = long_log.evaluate(f"document.querySelector('{BODY}').scrollHeight")
    assert height >= LONG_LOG * 20


def test_scrolling_through_a_hundred_thousand_lines_draws_few_at_a_time(long_log):
    most = long_log.evaluate(
        "(async () => { const body = document.querySelector('.o_ops_log_body');"
        "const frame = () => new Promise(requestAnimationFrame); let most = 0;"
        "for (let part = 0; part <= 40; part++) {"
        "body.scrollTop = body.scrollHeight * part / 40; await frame(); await frame();"
        f"most = Math.max(most, document.querySelectorAll('{ROWS}').length); }} return most; }})()"
    )
    assert 0 < most <= MOST_ROWS
    long_log.wait_true(f"document.querySelector('{BODY}').innerText.includes('{LONG_LOG - 1}')")
    assert long_log.count(ROWS) <= MOST_ROWS


@parity("1.7", "5.4")
def test_search_counts_and_walks_the_hits(long_log):
    long_log.type(".o_ops_log_search input", "shelf 976")
    long_log.wait_for(".o_ops_log_hits", "1 of 102")
    assert visible(long_log, "shelf 976")
    long_log.press("Enter")
    long_log.wait_for(".o_ops_log_hits", "2 of 102")
    long_log.wait_true(
        "document.querySelector('.o_ops_log_current')?.innerText.includes('shelf 976')"
    )
    assert long_log.count(".o_ops_log_hit") >= 1


def test_a_search_over_everything_finds_ten_thousand(long_log):
    long_log.type(".o_ops_log_search input", "test 09")
    assert long_log.wait_for(".o_ops_log_hits", "1 of 10,000")


@parity("1.7", "4.9")
def test_new_lines_come_by_themselves_and_stay_in_sight(running, odoo):
    page, run = running
    say(odoo, run, *(f"line {number} of the follower" for number in range(30)))
    say(odoo, run, "the very last line")
    page.wait_true("document.querySelector('.o_ops_log_rows').innerText.includes('very last')")
    assert is_at_end(page)


def test_scrolling_up_pauses_and_the_button_follows_again(running, odoo):
    page, run = running
    say(odoo, run, *(f"filler {number}" for number in range(40)))
    page.wait_true("document.querySelector('.o_ops_log_rows').innerText.includes('filler 39')")
    page.evaluate(f"document.querySelector('{BODY}').scrollTop = 0")
    page.wait_for(".o_ops_log_follow", "Paused")
    say(odoo, run, "said while paused")
    page.wait_for(".o_ops_log_missed", "1 new lines")
    assert page.evaluate(f"document.querySelector('{BODY}').scrollTop") == 0
    page.click(".o_ops_log_missed")
    page.wait_for(".o_ops_log_follow", "Following")
    page.wait_true(
        "document.querySelector('.o_ops_log_rows').innerText.includes('said while paused')"
    )


def test_the_failing_step_opens_by_itself_and_shows_its_end(page, odoo):
    open_run(page, odoo, ("state", "=", "failed"))
    page.wait_for(".o_ops_step_chosen", "Update modules")
    page.wait_for(".alert-danger", "What to do")
    page.wait_true("document.querySelector('.o_ops_log_error') !== null")
    assert visible(page, "Failed to load registry")
    assert "Found addon" not in page.text(".o_ops_log_rows")


def test_the_level_filter_leaves_warnings_and_errors(page, odoo):
    open_run(page, odoo, ("state", "=", "failed"))
    page.click(".o_ops_log_level")
    page.click(".o-dropdown-item", "Warnings and errors")
    page.wait_true(
        "!document.querySelector('.o_ops_log_rows').innerText.includes('Loading module')"
    )
    assert page.count(".o_ops_log_warning") == 1


def test_a_click_on_a_step_shows_its_log_alone(page, odoo):
    open_run(page, odoo, ("state", "=", "failed"))
    page.click(".o_ops_step_button", "Build")
    page.wait_true("document.querySelector('.o_ops_log_rows').innerText.includes('Found addon')")
    assert "Traceback" not in page.text(".o_ops_log_rows")
    assert page.count(".o_ansi_fg-cyan") >= 1


def test_lines_wrap_on_a_phone(page, odoo):
    page.resize(390, 844)
    open_run(page, odoo, ("state", "=", "failed"))
    page.wait_true(f"document.querySelectorAll('{ROWS}').length > 10")
    overflow = page.evaluate(
        f"[...document.querySelectorAll('{ROWS} .o_ops_log_text')]"
        ".some(e => e.scrollWidth > e.clientWidth + 1)"
    )
    assert not overflow
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@parity("1.7")
def test_the_download_holds_every_line(long_log, odoo):
    length = long_log.evaluate(
        "fetch(document.querySelector('.o_ops_log_download').href)"
        ".then(answer => answer.text()).then(text => text.trim().split('\\n').length)"
    )
    assert length == LONG_LOG
