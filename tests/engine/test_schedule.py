"""Which runs begin: urgent ones first, one per environment, never more than the slots."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine.schedule import Waiting, startable


def waiting(run_id, environment=None, kind="deploy", stage="development"):
    return Waiting(run_id, environment or run_id, kind, stage, run_id)


def test_the_oldest_goes_first_among_equals():
    assert startable([waiting(2), waiting(1)], [], 1) == [1]


def test_production_goes_before_previews():
    assert startable([waiting(1), waiting(2, stage="production")], [], 1) == [2]


def test_a_busy_environment_waits():
    assert startable([waiting(1, 7), waiting(2, 8)], [7], 5) == [2]


def test_no_free_slot_begins_nothing():
    assert startable([waiting(1)], [], 0) == []
    assert startable([waiting(1)], [], -3) == []


runs = st.lists(
    st.builds(
        Waiting,
        st.integers(1, 10**6),
        st.integers(1, 6),
        st.sampled_from(("deploy", "destroy", "restore")),
        st.sampled_from(("production", "staging", "development")),
        st.integers(1, 10**6),
    ),
    unique_by=lambda run: run.run_id,
)


@given(runs, st.sets(st.integers(1, 6)), st.integers(-2, 9))
def test_never_two_in_one_environment_and_never_more_than_the_slots(queue, busy, slots):
    chosen = startable(queue, busy, slots)
    places = [run.environment_id for run in queue if run.run_id in chosen]
    assert len(chosen) <= max(slots, 0)
    assert not busy.intersection(places)
    assert all(count == 1 for count in Counter(places).values())
