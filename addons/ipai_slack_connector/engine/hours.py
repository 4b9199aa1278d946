"""When a channel may be disturbed: quiet hours and digests, on the clock of the people there."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """Hours are 0 to 24, with fractions; ``quiet_from`` equal to ``quiet_until`` means never quiet."""

    zone: str = "UTC"
    quiet_from: float = 0.0
    quiet_until: float = 0.0
    digest: str = "none"  # none, hourly, daily
    digest_hour: float = 9.0


@dataclass(frozen=True)
class Slot:
    """A message of its own at once (``topic`` blank), or a part of what is told at ``due_at``."""

    due_at: datetime
    topic: str = ""


def slot(hours: Hours, now: datetime, urgent: bool = False) -> Slot:
    """Return when and how something that happened at ``now`` (aware UTC) is told."""
    if urgent:
        return Slot(now)
    if hours.digest != "none":
        return _in_digest(hours, now)
    if is_quiet(hours, now):
        end = _quiet_end(hours, now)
        return Slot(end, f"quiet:{end:%Y-%m-%dT%H:%M}")
    return Slot(now)


def is_quiet(hours: Hours, now: datetime) -> bool:
    """Say whether it is quiet at ``now``; quiet hours may pass midnight."""
    start, end = hours.quiet_from % 24, hours.quiet_until % 24
    hour = _hour(now.astimezone(ZoneInfo(hours.zone)))
    if start <= end:
        return start <= hour < end
    return hour >= start or hour < end


def _quiet_end(hours, now):
    return _next_at(hours.zone, hours.quiet_until % 24, now)


def _in_digest(hours, now):
    due = _next_full_hour(now)
    if hours.digest == "daily":
        due = _next_at(hours.zone, hours.digest_hour % 24, now)
    elif is_quiet(hours, due):
        due = _quiet_end(hours, due)
    return Slot(due, f"digest:{due:%Y-%m-%dT%H:%M}")


def _next_full_hour(now):
    return now.replace(minute=0, second=0, microsecond=0) + HOUR


def _next_at(zone, hour, now):
    """Return the next time it is ``hour`` o'clock in the zone, in UTC."""
    local = now.astimezone(ZoneInfo(zone))
    minutes = round(hour * 60)
    wanted = {"hour": minutes // 60 % 24, "minute": minutes % 60, "second": 0, "microsecond": 0}
    candidate = local.replace(**wanted)
    if candidate <= local:
        candidate = (local + DAY).replace(**wanted)
    return candidate.astimezone(UTC)


def _hour(local):
    return local.hour + local.minute / 60 + local.second / 3600
