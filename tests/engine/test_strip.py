"""The calendar strip has a mark for each day, week and month, and the best one wins."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine.strip import Mark, cells

NOW = datetime(2026, 3, 31, 14, 0)


def states(marks, tier="day", now=NOW):
    return [cell["state"] for cell in cells(marks, now) if cell["tier"] == tier]


def test_it_has_three_months_four_weeks_and_seven_days():
    tiers = [cell["tier"] for cell in cells([], NOW)]
    assert tiers == ["month"] * 3 + ["week"] * 4 + ["day"] * 7


def test_today_is_the_last_cell():
    assert states([Mark(5, NOW, "proven")])[-1] == "proven"
    assert cells([Mark(5, NOW, "proven")], NOW)[-1]["id"] == 5


def test_a_proven_backup_outshines_a_failed_one_of_the_same_day():
    marks = [Mark(1, NOW - timedelta(hours=3), "failed"), Mark(2, NOW, "proven")]
    assert states(marks)[-1] == "proven"
    assert states(marks[:1])[-1] == "failed"


@given(st.datetimes(datetime(2019, 1, 1), datetime(2031, 1, 1)), st.integers(0, 200))
def test_a_backup_is_in_one_cell_and_recent_ones_in_any(now, days):
    mark = Mark(1, now - timedelta(days=days), "stored")
    shown = [cell for cell in cells([mark], now) if cell["count"]]
    assert len(shown) == (1 if shown else 0)
    if days < 60:
        assert shown


@given(st.datetimes(datetime(2019, 1, 1), datetime(2031, 1, 1)))
def test_cells_follow_each_other_without_a_gap_in_any_calendar(now):
    begins = [cell["from"] for cell in cells([], now)]
    assert begins == sorted(begins)
    assert len(begins) == 14
