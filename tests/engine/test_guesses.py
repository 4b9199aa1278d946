"""How long whoever guesses has to wait, and who never has to because of others."""

from datetime import datetime, timedelta

import pytest
from ipai_ops.engine import guesses
from ipai_ops.engine.guesses import LIMITS, LOGIN, PAIR, PLACE, Count

NOW = datetime(2026, 3, 1, 12)
SECOND = timedelta(seconds=1)


def wrong(kind, number, ago=timedelta(0), **facts):
    return Count(kind, number, NOW - ago, **facts)


@pytest.mark.parametrize("kind", [PAIR, PLACE, LOGIN])
def test_some_wrong_ones_are_borne_and_the_next_waits_longer_each_time(kind):
    limit = LIMITS[kind]
    assert guesses.wait_until([wrong(kind, limit.free - 1)], NOW) is None
    waits = [guesses.wait_until([wrong(kind, limit.free + more)], NOW) - NOW for more in range(12)]
    assert waits[:3] == [limit.first, limit.first * 2, limit.first * 4]
    assert waits == sorted(waits) and waits[-1] == limit.longest


def test_a_wait_ends_and_wrong_ones_are_forgotten():
    full = LIMITS[PAIR].free
    assert guesses.wait_until([wrong(PAIR, full, LIMITS[PAIR].first)], NOW) is None
    assert guesses.wait_until([wrong(PAIR, full, LIMITS[PAIR].first - SECOND)], NOW) == NOW + SECOND
    long_ago = wrong(PAIR, 50, LIMITS[PAIR].forget + SECOND)
    assert guesses.wait_until([long_ago], NOW) is None
    assert guesses.one_more(long_ago, NOW).wrong == 1


def test_who_signed_in_from_a_place_is_not_kept_out_by_who_guesses_elsewhere_or_beside_them():
    others = [wrong(PLACE, 500), wrong(LOGIN, 5000)]
    stranger, known = wrong(PAIR, 1), wrong(PAIR, 1, right_at=NOW - timedelta(days=7))
    assert guesses.wait_until([stranger, *others], NOW)
    assert guesses.wait_until([known, *others], NOW) is None
    assert guesses.wait_until([wrong(PAIR, 9, right_at=NOW), *others], NOW), "their own count holds"


def test_a_right_one_wipes_out_what_was_held_against_the_pair_alone():
    assert guesses.was_right(wrong(PAIR, 4), NOW) == Count(PAIR, 0, NOW, NOW)
    before = wrong(PLACE, 25, timedelta(hours=1) - SECOND)
    mine = guesses.one_more(before, NOW)
    assert guesses.taken_back(mine, before, mine) == before


def test_what_another_counted_meanwhile_stays():
    before = wrong(PLACE, 3, timedelta(minutes=5))
    mine = guesses.one_more(before, NOW)
    later = guesses.one_more(mine, NOW + SECOND)
    assert guesses.taken_back(later, before, mine) == Count(PLACE, 4, NOW + SECOND)


def test_one_row_of_the_audit_trail_tells_that_a_wait_begins():
    count, told = Count(PAIR), []
    for turn in range(12):
        count = guesses.one_more(count, NOW + timedelta(minutes=turn))
        told += [turn] if guesses.begins_to_wait(count) else []
    assert told == [LIMITS[PAIR].free - 1]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_an_ipv6_subscriber_is_one_place(address, place):
    assert guesses.place(address) == place


@pytest.mark.parametrize(
    ("address", "is_shared"),
    [("127.0.0.1", 1), ("::1", 1), ("::ffff:127.0.0.1", 1), ("", 1), ("203.0.113.7", 0)],
)
def test_the_machine_s_own_address_is_no_place_of_one_person(address, is_shared):
    assert guesses.is_shared(address) == bool(is_shared)
