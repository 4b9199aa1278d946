"""Colours of runs, and the words for them."""

import pytest
from ipai_ops.engine.colour import colour, count
from ipai_ops.engine.headlines import Share, headline, percent


@pytest.mark.parametrize(
    ("state", "warnings", "errors", "expected"),
    [
        ("done", 0, 0, "green"),
        ("done", 2, 0, "yellow"),
        ("done", 0, 1, "red"),
        ("failed", 0, 0, "red"),
        ("cancelled", 5, 5, "none"),
        ("superseded", 0, 0, "none"),
    ],
)
def test_a_run_has_the_colour_of_its_end_and_its_lines(state, warnings, errors, expected):
    assert colour(state, warnings, errors) == expected


def test_counts_come_from_numbers_and_lists_of_the_results():
    assert count([{"warnings": 2}, None, {"warnings": ["a", "b"]}, {}], "warnings") == 4
    assert count([{}, None], "warnings") is None


def test_long_steps_count_for_more_of_the_progress():
    steps = [Share("done", 1, 30), Share("running", 0.5, 60), Share("pending", 0, 10)]
    assert percent("running", steps) == 60.0
    assert percent("done", steps) == 100.0
    assert percent("queued", []) == 0.0


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"kind": "deploy", "state": "running", "commit": "3f2c1a9d", "step": "Update modules"},
         "Deploying 3f2c1a9 · update modules"),
        ({"kind": "deploy", "state": "queued"}, "Waiting to deploy"),
        ({"kind": "deploy", "state": "done", "commit": "3f2c1a9d"}, "Deployed 3f2c1a9"),
        ({"kind": "deploy", "state": "done", "tests": 62}, "Deployed · 62 tests passed"),
        ({"kind": "deploy", "state": "done", "tests": 1}, "Deployed · 1 test passed"),
        ({"kind": "deploy", "state": "failed", "commit": "3f2c1a9d", "cause": "No disk."},
         "Deploy 3f2c1a9 failed · No disk."),
        ({"kind": "destroy", "state": "cancelled"}, "Destroy was cancelled"),
        ({"kind": "restore", "state": "running"}, "Restoring"),
        ({"kind": "rehearse", "state": "running"}, "Rehearse"),
    ],
)  # fmt: skip
def test_a_run_is_put_into_words(facts, line):
    assert headline(**facts) == line
