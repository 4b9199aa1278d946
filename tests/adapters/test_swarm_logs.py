"""What Docker sends as a log becomes lines with cursors, and nothing else does."""

import pytest
from ipai_ops.adapters import swarm

FIRST = "2026-11-23T03:57:31.276330823Z"
SECOND = "2026-11-23T03:57:32.000000001Z"
COMPLAINT = b"Error grabbing logs: rpc error: task j34b has not been scheduled"


def lines(*frames, after=""):
    return [(line.cursor, line.text) for line in swarm._lines(frames, after)]


def test_a_complaint_of_docker_is_no_line_of_the_container():
    frames = (COMPLAINT, f"{FIRST} hello\n".encode())
    assert lines(*frames) == [(FIRST, "hello")]


def test_only_a_complaint_leaves_no_line_and_so_no_cursor():
    assert lines(COMPLAINT) == []


def test_the_pieces_of_a_long_line_become_one():
    assert lines(f"{FIRST} he".encode(), f"{FIRST} llo\n".encode()) == [(FIRST, "hello")]


def test_what_was_read_before_is_not_read_again():
    frames = (f"{FIRST} old\n".encode(), f"{SECOND} new\n".encode())
    assert lines(*frames, after=FIRST) == [(SECOND, "new")]


@pytest.mark.parametrize("cursor", ["", "Error", "2026-11"])
def test_a_cursor_that_is_no_time_reads_from_the_start(cursor):
    assert swarm._since(cursor) == "0"
