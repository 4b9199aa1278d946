"""Lengths of time and sizes as a person says them."""

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration(seconds: float) -> str:
    """Return ``45 s``, ``12 min``, ``5 h 20 min`` or ``3 days 4 h``."""
    seconds = max(0, round(seconds))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        return _two(seconds, HOUR, "h", MINUTE, "min")
    unit = "day" if seconds < 2 * DAY else "days"
    return _two(seconds, DAY, unit, HOUR, "h")


def _two(seconds, large, large_name, small, small_name):
    whole, rest = divmod(seconds, large)
    part = rest // small
    return f"{whole} {large_name} {part} {small_name}" if part else f"{whole} {large_name}"


def size(count: float) -> str:
    """Return ``512 bytes``, ``3.4 MB`` or ``12.0 GB``; a kilobyte has 1024 bytes."""
    if count < 1024:
        return f"{count:.0f} bytes"
    power = 1 if count < 1 << 20 else 2 if count < 1 << 30 else 3
    return f"{count / 1024**power:.1f} {('kB', 'MB', 'GB')[power - 1]}"
