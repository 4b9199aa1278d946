"""What a page complained of is an error, unless the machine's network changed under it."""

from page import Page


def note(page, text):
    entry = {"method": "Log.entryAdded", "params": {"entry": {"level": "error", "text": text}}}
    page._note(entry)


def test_a_failed_fetch_is_an_error():
    page = Page(None, "")
    note(page, "TypeError: Failed to fetch at load")
    assert page.errors == ["TypeError: Failed to fetch at load"]


def test_a_fetch_cut_off_by_the_network_is_none_whichever_is_told_first():
    for texts in (
        ("net::ERR_NETWORK_CHANGED", "TypeError: Failed to fetch"),
        ("TypeError: Failed to fetch", "net::ERR_NETWORK_CHANGED"),
    ):
        page = Page(None, "")
        for text in texts:
            note(page, text)
        note(page, "Something else")
        assert (page.errors, page.interruptions) == (["Something else"], 1)
