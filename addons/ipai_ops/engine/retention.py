"""Which backups stay: the newest of each of the last days, weeks and months, and the indispensable.

The scheme is grandfather-father-son: a day, an ISO week or a month is represented by its newest
proven copy, or by its newest one when none is proven. Only periods that have a copy count, so a
pause in backing up never costs an old one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
NEWEST, LAST_PROVEN, HELD, UNSURE = "newest", "last proven", "held", "newest failed"


@dataclass(frozen=True)
class Policy:
    """How many days, weeks and months are represented."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 3


@dataclass(frozen=True)
class Copy:
    """A backup as the policy sees it; one that is not good was found damaged."""

    id: int
    taken_at: datetime
    is_proven: bool = False
    is_held: bool = False
    is_good: bool = True


@dataclass(frozen=True)
class Verdict:
    """What becomes of a copy, and for which reasons it stays; no reason: it goes."""

    id: int
    reasons: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        return bool(self.reasons)


def judge(copies: Iterable[Copy], policy: Policy, has_newest_failed: bool = False) -> list[Verdict]:
    """Return a verdict on each copy, newest first.

    Nothing goes while the newest attempt has failed: what is there may be all there will be.
    """
    ordered = sorted(copies, key=lambda copy: (copy.taken_at, copy.id), reverse=True)
    is_unsure = has_newest_failed or bool(ordered and not ordered[0].is_good)
    reasons = {copy.id: [UNSURE] if is_unsure else [] for copy in ordered}
    for reason, ids in _claims(ordered, policy):
        for copy_id in ids:
            reasons[copy_id].append(reason)
    return [Verdict(copy.id, tuple(reasons[copy.id])) for copy in ordered]


def _claims(ordered: Sequence[Copy], policy: Policy) -> Iterator[tuple[str, list[int]]]:
    """Yield (reason, ids that stay for it)."""
    good = [copy for copy in ordered if copy.is_good]
    yield HELD, [copy.id for copy in ordered if copy.is_held]
    yield NEWEST, [copy.id for copy in good[:1]]
    yield LAST_PROVEN, [copy.id for copy in good if copy.is_proven][:1]
    yield DAILY, _representatives(good, _day, policy.daily)
    yield WEEKLY, _representatives(good, _week, policy.weekly)
    yield MONTHLY, _representatives(good, _month, policy.monthly)


def _representatives(
    ordered: Iterable[Copy], period: Callable[[datetime], tuple[int, ...]], count: int
) -> list[int]:
    """Return the ids that stand for the last ``count`` periods that have a copy."""
    periods: dict[tuple[int, ...], list[Copy]] = {}
    for copy in ordered:
        periods.setdefault(period(copy.taken_at), []).append(copy)
    return [_best(periods[key]).id for key in sorted(periods, reverse=True)[: max(count, 0)]]


def _best(newest_first: list[Copy]) -> Copy:
    proven = [copy for copy in newest_first if copy.is_proven]
    return (proven or newest_first)[0]


def _day(at: datetime) -> tuple[int, ...]:
    return (at.year, at.month, at.day)


def _week(at: datetime) -> tuple[int, ...]:
    return tuple(at.isocalendar())[:2]


def _month(at: datetime) -> tuple[int, ...]:
    return (at.year, at.month)
