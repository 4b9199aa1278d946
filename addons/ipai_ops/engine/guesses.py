"""How many wrong passwords and keys are borne, and how long whoever sent them waits.

Three counts stand side by side: of one login from one place, of one place, and of one login from all
places. A place from which somebody signed in as a login is judged by the first alone, so whoever
guesses elsewhere, or beside them in the same network, does not keep that person out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

PAIR, PLACE, LOGIN = "pair", "place", "login"
IPV6_BITS = 64  # what one subscriber has; single addresses in it cost nothing


@dataclass(frozen=True)
class Limit:
    """``free`` wrong ones are borne; the next waits ``first``, then twice as long each time."""

    free: int
    first: timedelta
    longest: timedelta
    forget: timedelta


HOUR = timedelta(hours=1)
LIMITS = {
    PAIR: Limit(5, timedelta(seconds=30), timedelta(minutes=15), HOUR),
    PLACE: Limit(20, timedelta(seconds=30), timedelta(minutes=15), HOUR),
    LOGIN: Limit(100, timedelta(seconds=60), timedelta(minutes=15), HOUR),
}


@dataclass(frozen=True)
class Count:
    """What is known of one kind: wrong ones so far, when the last came, and since when it is trusted."""

    kind: str
    wrong: int = 0
    last_at: datetime | None = None
    right_at: datetime | None = None


def wait_until(counts: Iterable[Count], now: datetime) -> datetime | None:
    """Return until when the next attempt is not looked at; None: it is looked at now."""
    wrong = [count for count in counts if count.last_at]
    is_known = any(count.kind == PAIR and count.right_at for count in wrong)
    judged = [count for count in wrong if count.kind == PAIR or not is_known]
    ends = [count.last_at + _wait(count, now) for count in judged if count.last_at]
    return max((end for end in ends if end > now), default=None)


def one_more(count: Count, now: datetime) -> Count:
    """Return the count after another wrong one."""
    return Count(count.kind, _lately(count, now) + 1, now, count.right_at)


def taken_back(count: Count, before: Count, mine: Count) -> Count:
    """Return the count without an attempt that was noted before it was looked at and was not wrong."""
    last_at = before.last_at if count.last_at == mine.last_at else count.last_at
    return Count(count.kind, max(count.wrong - 1, 0), last_at, count.right_at)


def was_right(count: Count, now: datetime) -> Count:
    """Return the count of a login and a place after somebody signed in: nothing is held against them."""
    return Count(count.kind, 0, now, now)


def begins_to_wait(count: Count) -> bool:
    """Say whether the last wrong one was the first that makes the next wait."""
    return count.wrong == LIMITS[count.kind].free


def place(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or an IPv6 network; blank where none is known."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    known = getattr(known, "ipv4_mapped", None) or known
    if known.version == 4:
        return str(known)
    return str(ip_network(f"{known}/{IPV6_BITS}", strict=False))


def is_shared(address: str) -> bool:
    """Say whether an address tells nobody apart: it is the machine's own, or not known."""
    text = place(address)
    return not text or ip_address(address.partition("%")[0]).is_loopback or text.startswith("127.")


def _wait(count: Count, now: datetime) -> timedelta:
    limit, wrong = LIMITS[count.kind], _lately(count, now)
    if wrong < limit.free:
        return timedelta(0)
    return min(limit.longest, limit.first * 2 ** min(wrong - limit.free, 16))


def _lately(count: Count, now: datetime) -> int:
    if count.last_at is None or now - count.last_at > LIMITS[count.kind].forget:
        return 0
    return count.wrong
