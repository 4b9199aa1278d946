"""Lengths of time and sizes as a person says them."""

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration(seconds: float) -> str:
    """Return ``45 s``, ``12 min``, ``5 h 20 min`` or ``3 days 4 h``."""
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        return _two(whole, HOUR, "h", MINUTE, "min")
    unit = "day" if whole < 2 * DAY else "days"
    return _two(whole, DAY, unit, HOUR, "h")


def _two(seconds: int, large: int, large_name: str, small: int, small_name: str) -> str:
    whole, rest = divmod(seconds, large)
    part = rest // small
    return f"{whole} {large_name} {part} {small_name}" if part else f"{whole} {large_name}"


def size(count: float) -> str:
    """Return ``512 bytes``, ``3.4 MB`` or ``12.0 GB``; a kilobyte has 1024 bytes."""
    if count < 1024:
        return f"{count:.0f} bytes"
    power = 1 if count < 1 << 20 else 2 if count < 1 << 30 else 3
    return f"{count / 1024**power:.1f} {('kB', 'MB', 'GB')[power - 1]}"
