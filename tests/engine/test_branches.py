"""Which pattern takes a branch, and which labels may stand for it."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine import branches


@pytest.mark.parametrize(
    ("patterns", "branch", "winner"),
    [
        (["*", "main"], "main", "main"),
        (["*", "release/*"], "release/2.4", "release/*"),
        (["release/*", "release/2.*"], "release/2.4", "release/2.*"),
        (["release/*/*", "release/*"], "release/2/4", "release/*"),
        (["release/2.?", "release/2.4"], "release/2.4", "release/2.4"),
        (["*"], "any/thing/at/all", "*"),
        (["main"], "maintenance", None),
        (["release/2.4"], "release/2x4", None),
        (["feature/[a]"], "feature/[a]", "feature/[a]"),
        (["feature/[ab]"], "feature/a", None),
        (["", "  "], "main", None),
        ([], "main", None),
    ],
)
def test_the_most_specific_pattern_wins(patterns, branch, winner):
    place = branches.choose(patterns, branch)
    assert (patterns[place] if place is not None else None) == winner


def test_of_two_equal_patterns_the_first_wins():
    assert branches.choose(["a*", "a*"], "abc") == 0


@given(st.lists(st.text(alphabet="ab*?/", max_size=5), max_size=6), st.text(alphabet="ab/"))
def test_the_winner_matches_and_no_exact_name_loses(patterns, branch):
    place = branches.choose(patterns, branch)
    if place is None:
        assert not any(branches.matches(pattern, branch) for pattern in patterns)
        return
    assert branches.matches(patterns[place], branch)
    assert patterns[place] == branch or branch not in patterns or not branch


def test_patterns_are_separated_by_commas_blanks_and_lines():
    assert branches.split_patterns(" feature/*, fix/*\nhot*") == ["feature/*", "fix/*", "hot*"]
    assert branches.split_patterns(None) == []


def test_only_refs_of_branches_name_a_branch():
    assert branches.branch_of("refs/heads/feature/pos") == "feature/pos"
    assert branches.branch_of("refs/tags/v1") is None


@pytest.mark.parametrize("label", ["acme-main", "a", "a" * 63, "0-1"])
def test_a_host_label_is_accepted(label):
    assert branches.is_host_label(label)


@pytest.mark.parametrize("label", ["", "-a", "a-", "A", "a.b", "a_b", "a" * 64, "ops", "é", "a\n"])
def test_what_is_no_host_label_or_is_taken_is_refused(label):
    assert not branches.is_host_label(label)


def test_numbered_labels_stay_within_the_limit():
    labels = list(islice(branches.numbered("x" * 80), 12))
    assert labels[0] == "x" * 63
    assert labels[1] == "x" * 61 + "-2"
    assert all(branches.is_host_label(label) for label in labels)
    assert len(set(labels)) == 12
