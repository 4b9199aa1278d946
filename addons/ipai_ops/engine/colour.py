"""The colour of a finished run, from how it ended and what its lines said."""

from collections.abc import Iterable, Mapping


def colour(state: str, warnings: int, errors: int) -> str:
    """Return green, yellow, red, or none where nothing was found out."""
    if state == "failed":
        return "red"
    if state != "done":
        return "none"
    if errors:
        return "red"
    return "yellow" if warnings else "green"


def count(results: Iterable[Mapping | None], key: str) -> int | None:
    """Add up ``warnings`` or ``errors`` of the steps' results; None where no step counted any."""
    found = [result[key] for result in results if result and key in result]
    return sum(_number(value) for value in found) if found else None


def _number(value: list | tuple | int | None) -> int:
    return len(value) if isinstance(value, list | tuple) else int(value or 0)
