"""Odoo's own JavaScript test runner on the addon's unit tests, in a real browser."""

from chromium import until

SUITE = "@ipai_ops"
SUCCESS, FAILURE = "Test suite succeeded", "[HOOT] Failed"
DEADLINE = 240
FEWEST = 30  # HOOT also succeeds where its filter meets nothing


def hoot_id(name):
    """Return what HOOT calls a suite by: the 32 bit hash of its name."""
    number = 0
    for character in name:
        number = ((number << 5) - number + ord(character)) & 0xFFFFFFFF
    return f"{number:08x}"


def said(page, *ends):
    page.evaluate("1")  # fetches what the console said meanwhile
    return next((text for text in page.console if any(end in text for end in ends)), None)


def test_the_javascript_unit_tests_pass(browser, odoo):
    page = browser.open()
    address = f"{odoo.url}/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
    page.goto(f"{address}&id={hoot_id(SUITE)}")
    end = until(lambda: said(page, SUCCESS, FAILURE), DEADLINE, every=1, what="HOOT's end")
    passed = [text for text in page.console if f'Test "{SUITE}/' in text and "passed" in text]
    page.close()
    assert SUCCESS in end, "\n".join(page.errors)
    assert len(passed) >= FEWEST, f"only {len(passed)} tests ran"
