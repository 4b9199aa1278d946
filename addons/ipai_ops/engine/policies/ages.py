"""Whether something is young enough, in words."""

from datetime import datetime, timedelta

from .facts import Verdict


def judge_age(what: str, at: datetime | None, now: datetime, max_hours: float) -> Verdict:
    """Return the Verdict on something made at ``at`` that may be ``max_hours`` old."""
    if at is None:
        return Verdict(False, f"There is no {what}.")
    age = now - at
    hours = max(int(age.total_seconds() // 3600), 0)
    old = f"{hours} h old" if hours else "less than an hour old"
    if age <= timedelta(hours=max_hours):
        return Verdict(True, f"The last {what} is {old}.")
    return Verdict(False, f"The last {what} is {old}; {max_hours} h are allowed.")
