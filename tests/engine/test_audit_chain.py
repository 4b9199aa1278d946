"""The chain of the audit trail: whatever is changed, the first row that does not fit is named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine.audit_chain import (
    FIELDS,
    GENESIS,
    linked,
    private_key,
    public_text,
    signed,
    verify,
)

KEY = private_key("a key file's text")
PUBLIC = public_text(KEY)


def rows(count):
    return [(number, *["x"] * (len(FIELDS) - 1)) for number in range(1, count + 1)]


def chained(count=6):
    return list(linked(0, GENESIS, rows(count)))


def checkpoint_of(link, **options):
    return signed(KEY, link.seq, link.hash, "2026-01-31T10:00:00Z", **options)


def test_an_untouched_chain_is_whole():
    links = chained()
    verdict = verify(links, [checkpoint_of(links[-1])], PUBLIC)
    assert (verdict.problem, verdict.count, verdict.last_seq) == ("", 6, 6)


@given(place=st.integers(0, 5), column=st.integers(0, len(FIELDS) - 1), text=st.text())
def test_any_change_of_any_value_is_found_in_its_row(place, column, text):
    links = chained()
    values = list(links[place].values)
    if values[column] == text:
        return
    values[column] = text
    links[place] = replace(links[place], values=tuple(values))
    assert verify(links, [], PUBLIC).problem == f"Row {place + 1} was altered."


@given(place=st.integers(0, 4))
def test_a_row_taken_out_is_missed(place):
    links = chained()
    del links[place]
    assert verify(links, [], PUBLIC).problem == f"Row {place + 1} is missing."


def test_rows_in_another_order_are_named():
    links = chained()
    links[1], links[3] = links[3], links[1]
    assert verify(links, [], PUBLIC).problem == "Row 2 is not at its place."


def test_contents_that_changed_places_are_named():
    links = chained()
    one, two = links[2], links[3]
    links[2], links[3] = replace(one, values=two.values), replace(two, values=one.values)
    assert "Row 3 is not at its place" in verify(links, [], PUBLIC).problem


def test_an_end_cut_off_is_missed_by_its_checkpoint():
    links = chained()
    assert "Row 5 is missing" in verify(links[:4], [checkpoint_of(links[-1])], PUBLIC).problem


def test_a_chain_made_anew_does_not_fit_the_checkpoint():
    old, new = chained(), list(linked(0, GENESIS, [(9, *row[1:]) for row in rows(6)]))
    assert "Row 6 is another" in verify(new, [checkpoint_of(old[-1])], PUBLIC).problem


def test_a_checkpoint_of_another_key_is_named():
    links = chained()
    forged = signed(private_key("another"), 6, links[-1].hash, "2026-01-31T10:00:00Z")
    assert "does not bear" in verify(links, [forged], PUBLIC).problem


@pytest.mark.parametrize("change", [{"seq": 5}, {"is_cut": True}, {"at": "later"}])
def test_no_part_of_a_checkpoint_can_be_changed(change):
    links = chained()
    changed = replace(checkpoint_of(links[-1]), **change)
    assert "does not bear" in verify(links, [changed], PUBLIC).problem


def test_the_chain_goes_on_behind_a_cut():
    links = chained()
    cut = checkpoint_of(links[2], is_cut=True)
    assert verify(links[3:], [cut], PUBLIC).is_good
    assert "Row 4 is missing" in verify(links[4:], [cut], PUBLIC).problem
