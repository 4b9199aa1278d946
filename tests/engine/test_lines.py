"""Whatever a container writes becomes events that can be stored."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine import lines
from ipai_ops.engine.redact import MASK, Redactor

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)
LINE = {
    "seq": 3,
    "step": "build",
    "attempt": 2,
    "at": "2026-01-31T10:00:00.123Z",
    "level": "warning",
    "message": "\x1b[33mhm\x1b[0m",
    "payload": {"progress": 0.5},
}


def events(*given_lines, **options):
    return lines.events(given_lines, 1, NOW, **options)


def test_a_line_of_the_protocol_keeps_all_it_says():
    [event] = events(LINE)
    assert (event.attempt, event.seq, event.level) == (2, 3, "warning")
    assert event.message == "\x1b[33mhm\x1b[0m"
    assert event.at == datetime(2026, 1, 31, 10, 0, 0, 123000, tzinfo=UTC)
    assert event.payload == {"progress": 0.5}


def test_text_and_bytes_are_read_like_mappings():
    text = json.dumps(LINE)
    assert events(text) == events(text.encode()) == events(LINE)


def test_a_result_is_no_event():
    assert events({"seq": 9, "fence": "1-build-1", "result": {"ok": True}}) == []


@pytest.mark.parametrize("line", ["plain words", '{"torn": ', "[1, 2]", b"\xff\xfe bytes", ""])
def test_what_is_no_json_object_becomes_an_information(line):
    [event] = events(line)
    assert event.level == "info"
    assert event.seq < 0


def test_the_same_plain_lines_get_the_same_numbers_again_and_no_two_the_same():
    first = events(LINE, "again", "again", "other")
    assert first == events(LINE, "again", "again", "other")
    assert len({event.seq for event in first}) == 4


def test_nul_bytes_and_half_characters_are_left_out():
    [event] = events({"seq": 1, "message": "a\0b\ud800c", "payload": {"x": "a\0b"}})
    assert event.message == "ab?c"
    assert "\0" not in json.dumps(event.payload)
    assert "u0000" not in json.dumps(event.payload)


def test_a_megabyte_is_cut_and_says_so():
    [event] = events({"seq": 1, "message": "x" * 1_000_000})
    assert len(event.message) < lines.MESSAGE_LIMIT + 100
    assert event.message.endswith("(cut: the line had 1000000 characters)")


def test_a_secret_is_blanked_before_the_cut():
    near = "x" * (lines.MESSAGE_LIMIT - 4) + "topsecret"
    [event] = events({"seq": 1, "message": near}, redactor=Redactor(["topsecret"]))
    assert "tops" not in event.message
    assert MASK[:4] in event.message


def test_a_huge_payload_is_replaced():
    [event] = events({"seq": 1, "message": "", "payload": {"x": "y" * 1_000_000}})
    assert set(event.payload) == {"cut"}


@given(
    st.dictionaries(
        st.sampled_from(["seq", "attempt", "at", "level", "message", "payload", "step"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
def test_no_mapping_breaks_it(line):
    for event in events(line):
        assert event.level in lines.LEVELS
        assert "\0" not in event.message
        event.message.encode()
        json.dumps(event.payload, allow_nan=False)
        assert -(2**31) <= event.seq < 2**31


@given(st.binary())
def test_no_bytes_break_it(line):
    [event] = events(line) or [None]
    assert event is None or event.message.encode() is not None
