"""How fast Slack may be called, and how long to wait after it said no.

Limits: docs.slack.dev, "Rate limits": one message a second per channel, chat.update in tier 3
(50 a minute per workspace), 429 with Retry-After in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST_DELAY_SECONDS = 2.0
LONGEST_DELAY_SECONDS = 900.0
LONGEST_RETRY_AFTER = 3600.0
JITTER = 0.25


@dataclass(frozen=True)
class Gaps:
    """Seconds between two calls: in one channel, and of one method by one workspace."""

    channel: float = 1.0
    methods: Mapping = field(default_factory=lambda: {"chat.update": 1.2})

    def of(self, method: str) -> float:
        return self.methods.get(method, 0.0)


SLACKS = Gaps()


def back_off(attempts: int, chance: float) -> float:
    """Return the seconds to wait after ``attempts`` failures; ``chance`` from 0 to 1 spreads them."""
    delay = FIRST_DELAY_SECONDS * 2 ** min(max(attempts - 1, 0), 12)
    return min(delay, LONGEST_DELAY_SECONDS) * (1 + JITTER * chance)


def retry_after(header) -> float:
    """Return the seconds of a Retry-After header: at least one, at most an hour."""
    try:
        wanted = float(header)
    except (TypeError, ValueError):
        wanted = 0.0
    return min(max(wanted, 1.0), LONGEST_RETRY_AFTER)
