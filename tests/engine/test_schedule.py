"""Which runs begin: urgent ones first, one per environment, never more than the slots."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine import schedule
from ipai_ops.engine.schedule import Waiting, lane_of, startable


def waiting(run_id, environment=None, kind="deploy", stage="development"):
    return Waiting(run_id, environment or run_id, kind, stage, run_id, lane_of(kind))


def test_the_oldest_goes_first_among_equals():
    assert startable([waiting(2), waiting(1)], [], 1) == [1]


def test_production_goes_before_previews():
    assert startable([waiting(1), waiting(2, stage="production")], [], 1) == [2]


def test_a_busy_environment_waits():
    assert startable([waiting(1, 7), waiting(2, 8)], [(7, "main")], 5) == [2]


def test_a_backup_and_a_deploy_of_one_environment_wait_for_each_other():
    assert startable([waiting(1, 7, "backup")], [(7, "main")], 5) == []
    assert startable([waiting(1, 7)], [(7, "backup")], 5) == []
    assert startable([waiting(1, 7, "restore")], [(7, "backup")], 5) == []


def test_a_proof_never_blocks_a_deploy_of_its_environment():
    assert startable([waiting(1, 7)], [(7, "proof")], 1) == [1]
    assert startable([waiting(1, 7, "prove")], [(7, "main")], 2) == [1]


def test_a_proof_leaves_a_slot_free_unless_nothing_else_goes_on():
    assert startable([waiting(1, 7, "prove")], [(8, "main")], 1) == []
    assert startable([waiting(1, 7, "prove")], [], 1) == [1]
    assert startable([waiting(1, 7, "prove"), waiting(2, 8)], [], 1) == [2]
    assert startable([waiting(1, 7, "prove"), waiting(2, 8, "prove")], [], 2) == [1]


def test_what_is_over_in_seconds_does_not_wait_for_a_proof(monkeypatch):
    for name, value in (("LANE_OF", dict), ("BESIDE", set), ("SHORT", set)):
        monkeypatch.setattr(schedule, name, value(getattr(schedule, name)))
    schedule.register("look", "look", is_beside=True, is_short=True)
    queue = [waiting(1, 8, "prove"), waiting(2, 7, "look")]
    assert startable(queue, [(9, "proof")], 1) == [2]
    assert startable([*queue, waiting(3, 6)], [(9, "proof")], 1) == [3], "a deploy goes first"
    assert startable([waiting(4, 7, "look")], [(7, "look")], 1) == []


def test_a_rollback_goes_before_everything():
    queue = [waiting(1, stage="production"), waiting(2, kind="rollback")]
    assert startable(queue, [], 1) == [2]


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
        st.sampled_from(("main", "data", "backup", "proof", "export")),
    ),
    unique_by=lambda run: run.run_id,
)


def side(lane):
    return lane if lane in ("proof", "export") else "live"


lanes = st.sampled_from(("main", "data", "backup", "proof", "export"))


@given(runs, st.sets(st.tuples(st.integers(1, 6), lanes)), st.integers(-2, 9))
def test_never_two_on_one_side_of_an_environment_and_never_more_than_the_slots(queue, busy, slots):
    chosen = startable(queue, busy, slots)
    places = [(r.environment_id, side(r.lane)) for r in queue if r.run_id in chosen]
    assert len(chosen) <= max(slots, 0)
    assert not {(environment, side(lane)) for environment, lane in busy}.intersection(places)
    assert all(count == 1 for count in Counter(places).values())


def test_the_archive_of_production_takes_no_slot_and_waits_for_none():
    looks = Waiting(5, None, "watch", "", 5, lane_of("watch"))
    assert startable([waiting(1), waiting(2), looks], [(7, "main")], 1) == [5, 1]
    assert startable([looks], [(7, "main")], 0) == [5]
