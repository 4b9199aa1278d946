"""What must hold before a run begins: each rule on plain facts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine import compare, policies
from ipai_ops.engine.policies import Facts, Verdict, Voice

NOW = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)  # a Friday
WEEKEND = {"weekday_from": 4, "hour_from": 16.0, "weekday_until": 0, "hour_until": 8.0}


def facts(**values):
    return Facts(**{"kind": "deploy", "stage": "production", "now": NOW, **values})


def voice(person, principal=None, approves=True, **hats):
    sets = {name: frozenset(ids) for name, ids in hats.items()}
    return Voice(person, principal or person, approves, **sets)


def holds(rule, parameters, **values):
    return policies.judge(rule, parameters, facts(**values)).holds


def test_every_rule_has_a_label_and_says_why():
    for name, label in policies.labels():
        verdict = policies.judge(name, {}, facts())
        assert label and policies.usual_kinds(name)
        assert verdict.why.endswith(".")


@pytest.mark.parametrize(
    ("enforcement", "is_held", "comes_to"),
    [("block", True, "pass"), ("block", False, "block"), ("warn", False, "warn")],
)
def test_enforcement_decides_what_a_verdict_comes_to(enforcement, is_held, comes_to):
    assert policies.outcome(enforcement, Verdict(is_held, "Because.")) == comes_to


def test_a_kind_of_run_may_have_other_names_in_policies():
    assert policies.names_of("deploy") == {"deploy"}
    assert policies.names_of("export") == {"export", "download"}
    policies.call("polish", "polish", "deploy")
    policies.call("look")
    assert policies.names_of("polish") == {"polish", "deploy"}
    assert not policies.names_of("look")


# approvals


def test_a_quorum_of_others_is_enough():
    assert not holds("approvals", {"quorum": 2}, voices=(voice(1),))
    assert holds("approvals", {"quorum": 2}, voices=(voice(1), voice(2)))


def test_nobody_approves_their_own():
    own = {"requesters": frozenset({1})}
    assert not holds("approvals", {}, voices=(voice(1),), **own)
    assert not holds("approvals", {}, voices=(voice(2, principal=1),), **own)
    assert not holds("approvals", {}, voices=(voice(1, principal=2),), **own)


def test_one_person_has_one_voice_and_so_has_the_one_they_stand_in_for():
    twice = (voice(1), voice(1, principal=2))
    assert not holds("approvals", {"quorum": 2}, voices=twice)
    stand_in = (voice(2), voice(1, principal=2))
    assert not holds("approvals", {"quorum": 2}, voices=stand_in)


def test_a_rejection_is_no_approval():
    assert not holds("approvals", {}, voices=(voice(1, approves=False),))


def test_only_the_role_or_group_that_is_asked_counts():
    assert not holds("approvals", {"role": 7}, voices=(voice(1, roles={6}),))
    assert holds("approvals", {"role": 7}, voices=(voice(1, roles={6, 7}),))
    assert not holds("approvals", {"group": 7}, voices=(voice(1, roles={7}),))
    assert holds("approvals", {"group": 7}, voices=(voice(1, groups={7}),))


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.booleans()), max_size=12),
    st.frozensets(st.integers(1, 5), max_size=2),
    st.integers(1, 4),
)
def test_no_crowd_of_hats_makes_a_quorum(said, requesters, quorum):
    voices = tuple(Voice(*each) for each in said)
    others = {p for p, q, yes in said if yes and not {p, q} & requesters}
    verdict = policies.judge(
        "approvals", {"quorum": quorum}, facts(voices=voices, requesters=requesters)
    )
    if verdict.holds:
        assert len(others) >= quorum


# freeze windows


@pytest.mark.parametrize(
    ("at", "is_free"),
    [
        ("2026-03-06T15:59", True),
        ("2026-03-06T16:00", False),
        ("2026-03-08T12:00", False),
        ("2026-03-09T07:59", False),
        ("2026-03-09T08:00", True),
        ("2026-03-11T12:00", True),
    ],
)
def test_a_weekend_is_frozen_by_the_clock_on_the_wall(at, is_free):
    zone = ZoneInfo("Europe/Paris")
    now = datetime.fromisoformat(at).replace(tzinfo=zone).astimezone(UTC)
    assert holds("freeze", {**WEEKEND, "zone": "Europe/Paris"}, now=now) is is_free


def test_a_window_over_a_change_of_clocks_ends_at_the_hour_it_says():
    zone = ZoneInfo("Europe/Paris")  # the clocks go forward in the night to 29 March 2026
    for hour, is_free in ((7, False), (8, True)):
        now = datetime(2026, 3, 30, hour, 0, tzinfo=zone)
        assert holds("freeze", {**WEEKEND, "zone": "Europe/Paris"}, now=now) is is_free


def test_a_single_period_is_frozen():
    period = {"starts_at": "2026-03-06T00:00:00", "ends_at": "2026-03-07T00:00:00"}
    assert not holds("freeze", period)
    assert holds("freeze", period, now=NOW + timedelta(days=1))
    assert holds("freeze", period, now=NOW - timedelta(days=1))
    verdict = policies.judge("freeze", {**period, "zone": "Asia/Tokyo"}, facts())
    assert verdict.why == "Frozen until Sat 2026-03-07 09:00 Asia/Tokyo."


@given(
    st.integers(0, 6), st.floats(0, 23), st.integers(0, 6), st.floats(0, 23), st.integers(0, 167)
)
def test_a_weekly_window_repeats_every_week(day, hour, end_day, end_hour, hours):
    window = {"weekday_from": day, "hour_from": hour}
    window |= {"weekday_until": end_day, "hour_until": end_hour}
    at = NOW + timedelta(hours=hours)
    later = at + timedelta(weeks=3)
    assert holds("freeze", window, now=at) == holds("freeze", window, now=later)


# builds, backups, images


def test_a_commit_must_have_been_green():
    known = {"commit": "a" * 40}
    assert not holds("green_build", {})
    assert not holds("green_build", {}, **known)
    assert not holds("green_build", {}, builds={"staging": ("yellow", "red")}, **known)
    assert holds("green_build", {}, builds={"development": ("red", "green")}, **known)
    assert not holds(
        "green_build", {"stage": "staging"}, builds={"development": ("green",)}, **known
    )


@pytest.mark.parametrize("rule", ["proven_backup", "snapshot"])
def test_a_copy_of_the_data_must_be_young_and_known(rule):
    field = "proven_backup_at" if rule == "proven_backup" else "snapshot_at"
    hours = {"max_age_hours": 24}
    assert not holds(rule, hours)
    assert not holds(rule, hours, knows_backups=True)
    for age, is_held in ((1, True), (24, True), (25, False)):
        made = {"knows_backups": True, field: NOW - timedelta(hours=age)}
        assert holds(rule, hours, **made) is is_held


def test_a_base_image_must_be_on_the_list():
    patterns = {"patterns": ["registry.example.org/odoo@sha256:*"]}
    assert holds("base_image", patterns)
    assert holds("base_image", patterns, base_image="registry.example.org/odoo@sha256:ab")
    assert not holds("base_image", patterns, base_image="evil.example.org/odoo@sha256:ab")


# sessions


def test_shells_and_their_length():
    assert not holds("shell", {})
    assert holds("session_length", {"max_minutes": 30}, minutes=30)
    assert not holds("session_length", {"max_minutes": 30}, minutes=31)
    assert not holds("session_length", {"max_minutes": 30})


@pytest.mark.parametrize(
    ("address", "is_held"),
    [
        ("192.0.2.9", True),
        ("::ffff:192.0.2.9", True),
        ("198.51.100.1", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("", False),
    ],
)
def test_people_come_from_an_allowed_range(address, is_held):
    ranges = {"ranges": ["192.0.2.0/24", "2001:db8::/32"]}
    assert holds("ip_ranges", ranges, address=address, is_person=True) is is_held
    assert holds("ip_ranges", ranges, address=address, is_person=False)


# where the difference is shown


@pytest.mark.parametrize(
    ("forge", "repository", "page"),
    [
        ("github", "https://github.com/acme/erp.git", "https://github.com/acme/erp/compare/a...b"),
        ("github", "git@github.com:acme/erp.git", "https://github.com/acme/erp/compare/a...b"),
        ("gitlab", "ssh://git@gl.example:22/x/y.git", "https://gl.example/x/y/-/compare/a...b"),
        ("gitea", "https://bot@git.example/x/y", "https://git.example/x/y/compare/a...b"),
        ("other", "https://git.example/x/y", ""),
        ("github", "/srv/git/erp.git", ""),
        ("gitea", "git://172.18.0.1:9418/demo.git", ""),
    ],
)
def test_the_difference_is_shown_by_the_forge(forge, repository, page):
    assert compare.compare_url(forge, repository, "a", "b") == page


def test_there_is_no_difference_to_show_of_one_commit():
    assert compare.compare_url("github", "https://github.com/acme/erp", "a", "a") == ""
