"""When to try again: back-off with jitter, and a breaker that spares a server which is down.

Back-off: exponential with equal jitter (Brooker, "Exponential Backoff And Jitter", 2015).
Breaker: Nygard, "Release It!", 2nd edition, chapter 5.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 15 * 60
FAILURES_TO_OPEN = 5
FIRST_PAUSE_SECONDS = 10
LONGEST_PAUSE_SECONDS = 5 * 60


def delay_seconds(attempt: int, dice: float) -> float:
    """Return how long to wait after the ``attempt``-th try; ``dice`` is random in [0, 1)."""
    full = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(max(attempt - 1, 0), 20))
    return full * (0.5 + 0.5 * dice)


@dataclass(frozen=True)
class Circuit:
    """Failures in a row, and until when nothing is sent."""

    failures: int = 0
    open_until: datetime | None = None

    def may_try(self, now: datetime) -> bool:
        """Say whether something may be sent: closed, or time for one trial."""
        return self.open_until is None or now >= self.open_until

    def after(self, is_well: bool, now: datetime) -> "Circuit":
        """Return the circuit after one try."""
        if is_well:
            return Circuit()
        failures = self.failures + 1
        if failures < FAILURES_TO_OPEN:
            return Circuit(failures)
        doubled = FIRST_PAUSE_SECONDS * 2 ** min(failures - FAILURES_TO_OPEN, 20)
        return Circuit(failures, now + timedelta(seconds=min(LONGEST_PAUSE_SECONDS, doubled)))
