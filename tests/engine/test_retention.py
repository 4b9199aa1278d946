"""The retention keeps what may be needed, through years of any calendar."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from ipai_ops.engine.retention import (
    HELD,
    LAST_PROVEN,
    NEWEST,
    UNSURE,
    Copy,
    Policy,
    judge,
)

DEFAULT = Policy()
NOW = datetime(2026, 3, 31, 2, 0, tzinfo=UTC)


def daily(count, **facts):
    """Return one copy a day, the newest first, numbered by their age."""
    return [Copy(age, NOW - timedelta(days=age), True, **facts) for age in range(count)]


def kept(copies, policy=DEFAULT, **options):
    return {verdict.id for verdict in judge(copies, policy, **options) if verdict.is_kept}


def reasons(copies, copy_id, **options):
    return next(v.reasons for v in judge(copies, Policy(), **options) if v.id == copy_id)


def test_seven_days_four_weeks_and_three_months_are_represented():
    stays = kept(daily(200))
    assert set(range(7)) <= stays
    sundays = {9, 16}  # 22 and 15 March; the newest of this week and the last are days already
    assert sundays <= stays
    assert {31, 59} <= stays  # the last days of February and January
    assert len(stays) == 7 + 2 + 2


def test_several_copies_of_a_day_are_represented_by_the_newest_proven_one():
    hours = [Copy(n, NOW - timedelta(hours=n), is_proven=n >= 1) for n in range(2)]
    older = Copy(9, NOW - timedelta(hours=2))
    assert kept([*hours, older]) == {0, 1}
    assert reasons([*hours, older], 0) == (NEWEST,)


def test_a_held_copy_stays():
    old = Copy(999, NOW - timedelta(days=900), is_held=True)
    assert HELD in reasons([*daily(200), old], 999)


def test_the_last_proven_copy_stays_however_old():
    unproven = [Copy(age, NOW - timedelta(days=age)) for age in range(200)]
    proven = Copy(999, NOW - timedelta(days=900), is_proven=True)
    assert reasons([*unproven, proven], 999) == (LAST_PROVEN,)


def test_nothing_goes_while_the_newest_attempt_failed():
    assert kept(daily(200), has_newest_failed=True) == set(range(200))
    assert UNSURE in reasons(daily(200), 150, has_newest_failed=True)


def test_nothing_goes_while_the_newest_copy_is_damaged():
    damaged = Copy(1000, NOW + timedelta(days=1), is_good=False)
    assert kept([*daily(200), damaged]) == {*range(200), 1000}


def test_a_damaged_copy_represents_no_day():
    damaged = Copy(1000, NOW - timedelta(days=3, hours=-1), is_good=False)
    stays = kept([*daily(200), damaged])
    assert 3 in stays
    assert 1000 not in stays


def test_only_periods_that_have_a_copy_count_so_a_pause_costs_none():
    later = Copy(1000, NOW + timedelta(days=400), True)
    stays = kept([*daily(200), later])
    assert {1000, 0, 1, 2, 3, 4, 5} <= stays
    assert 6 not in stays  # the seventh day is the one after the pause


def test_no_copies_no_verdicts():
    assert judge([], Policy()) == []


copies = st.lists(
    st.builds(
        Copy,
        st.integers(1, 10**9),
        st.datetimes(datetime(2019, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    unique_by=lambda copy: copy.id,
    max_size=60,
)
policies = st.builds(Policy, st.integers(1, 14), st.integers(0, 10), st.integers(0, 24))


@given(copies, policies, st.booleans())
def test_what_is_indispensable_stays_in_any_calendar(found, policy, has_failed):
    stays = kept(found, policy, has_newest_failed=has_failed)
    ordered = sorted(found, key=lambda copy: (copy.taken_at, copy.id), reverse=True)
    good = [copy for copy in ordered if copy.is_good]
    assert {copy.id for copy in found if copy.is_held} <= stays
    assert {copy.id for copy in good[:1]} <= stays
    assert {copy.id for copy in good if copy.is_proven} == set() or stays.intersection(
        copy.id for copy in good if copy.is_proven
    )
    if has_failed or (ordered and not ordered[0].is_good):
        assert stays == {copy.id for copy in found}


@given(copies, policies)
def test_judging_again_removes_nothing_more(found, policy):
    stays = kept(found, policy)
    left = [copy for copy in found if copy.id in stays]
    assert kept(left, policy) == stays


@given(copies, policies)
def test_what_stays_is_bounded(found, policy):
    held = sum(copy.is_held for copy in found)
    ordered = sorted(found, key=lambda copy: (copy.taken_at, copy.id), reverse=True)
    if ordered and ordered[0].is_good:
        bound = policy.daily + policy.weekly + policy.monthly + held + 2
        assert len(kept(found, policy)) <= bound


@settings(max_examples=25, deadline=None)
@given(
    st.dates(datetime(2023, 1, 1).date(), datetime(2027, 1, 1).date()),
    st.integers(1, 60),
    st.sets(st.integers(0, 700), max_size=40),
)
def test_years_of_nights_leave_a_copy_of_each_period(first, every_proof, failed_nights):
    """Each night one copy is made (not on failed nights) and the retention runs."""
    present = []
    start = datetime(first.year, first.month, first.day, 2, tzinfo=UTC)
    for night in range(730):
        if night not in failed_nights:
            at = start + timedelta(days=night)
            present.append(Copy(night, at, is_proven=night % every_proof == 0))
        stays = kept(present, has_newest_failed=night in failed_nights)
        present = [copy for copy in present if copy.id in stays]
    assert 729 in failed_nights or 729 in {copy.id for copy in present}
    weeks = {copy.taken_at.isocalendar()[:2] for copy in present}
    months = {(copy.taken_at.year, copy.taken_at.month) for copy in present}
    assert len({copy.taken_at.date() for copy in present}) >= 7
    assert len(weeks) >= 4
    assert len(months) >= 3
    assert any(copy.is_proven for copy in present)
