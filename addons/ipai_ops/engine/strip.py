"""The calendar strip of backups: seven days, four weeks, three months, one mark each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

DAYS, WEEKS, MONTHS = 7, 4, 3
Period = tuple[str, str, datetime, datetime]  # tier, label, begin, end
BEST_FIRST = ("proven", "proving", "stored", "damaged", "failed", "making")


@dataclass(frozen=True)
class Mark:
    """A backup as the strip sees it."""

    id: int
    taken_at: datetime
    state: str


def cells(marks: Iterable[Mark], now: datetime) -> list[dict]:
    """Return the cells, oldest first: tier, label, best state, how many, the backup to open."""
    marks = [mark for mark in marks if mark.taken_at <= now and mark.state in BEST_FIRST]
    return [_cell(tier, label, begin, end, marks) for tier, label, begin, end in _periods(now)]


def _periods(now: datetime) -> Iterator[Period]:
    """Yield (tier, label, begin, end): months before the weeks, weeks before the days."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(DAYS)][::-1]
    monday = days[0] - timedelta(days=days[0].weekday())
    weeks = [monday - timedelta(weeks=back) for back in range(1, WEEKS + 1)][::-1]
    first = (weeks[0] - timedelta(days=1)).replace(day=1)
    months = [first]
    while len(months) < MONTHS:
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    yield from _tier("month", "%b", [*months, weeks[0]])
    yield from _tier("week", "W%V", [*weeks, days[0]])
    yield from _tier("day", "%d", [*days, today + timedelta(days=1)])


def _tier(tier: str, form: str, borders: list[datetime]) -> Iterator[Period]:
    for begin, end in pairwise(borders):
        yield tier, begin.strftime(form), begin, end


def _cell(
    tier: str, label: str, begin: datetime, end: datetime, marks: Iterable[Mark]
) -> dict[str, str | int]:
    inside = [mark for mark in marks if begin <= mark.taken_at < end]
    cell: dict[str, str | int] = {
        "tier": tier,
        "label": label,
        "from": begin.isoformat(),
        "count": len(inside),
    }
    if not inside:
        return {**cell, "state": "none", "id": 0}
    best = min(inside, key=lambda mark: (BEST_FIRST.index(mark.state), -mark.taken_at.timestamp()))
    return {**cell, "state": best.state, "id": best.id}
