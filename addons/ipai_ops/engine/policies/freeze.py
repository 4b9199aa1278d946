"""Nothing changes in a window: every week, or once."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from .facts import Facts, Verdict

LABEL = "Freeze window"
KINDS = ("deploy", "restart", "restore", "rollback", "upgrade", "modules", "destroy")
WEEK = timedelta(days=7)


def judge(parameters: Mapping, facts: Facts) -> Verdict:
    """Compare the moment with the windows, in the policy's time zone.

    ``weekday_from`` 0 (Monday) to 6, ``hour_from`` 0.0 to 24.0, the same ``_until``; or
    ``starts_at`` and ``ends_at``, ISO moments in UTC. ``zone``: an IANA name.
    """
    zone = ZoneInfo(parameters.get("zone") or "UTC")
    over = _end_of_week_window(parameters, facts.now.astimezone(zone)) or _end_of_period(
        parameters, facts.now
    )
    if over is None:
        return Verdict(True, "No freeze now.")
    until = f"{over.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"
    return Verdict(False, f"Frozen until {until}.", waits="time")


def _end_of_week_window(parameters: Mapping, local: datetime) -> datetime | None:
    """Return when the weekly window that holds now is over, or None. Times are wall clock."""
    names = ("weekday_from", "hour_from", "weekday_until", "hour_until")
    if any(parameters.get(name) is None for name in names):
        return None
    begin, end = (
        timedelta(days=parameters[f"weekday_{side}"], hours=parameters[f"hour_{side}"])
        for side in ("from", "until")
    )
    length = (end - begin) % WEEK
    wall = local.replace(tzinfo=None)
    monday = datetime.combine(wall.date() - timedelta(days=wall.weekday()), datetime.min.time())
    since = (wall - monday - begin) % WEEK
    if since >= length:
        return None
    return (wall - since + length).replace(tzinfo=local.tzinfo)


def _end_of_period(parameters: Mapping, now: datetime) -> datetime | None:
    starts, ends = (_moment(parameters.get(name)) for name in ("starts_at", "ends_at"))
    if not ends or now >= ends or (starts and now < starts):
        return None
    return ends


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc) if text else None
