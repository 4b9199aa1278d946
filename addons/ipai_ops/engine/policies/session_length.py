"""Sessions end in time."""

from collections.abc import Mapping

from .facts import Facts, Verdict

LABEL = "Session length"
KINDS = ("shell", "database_shell")


def judge(parameters: Mapping, facts: Facts) -> Verdict:
    """Compare the minutes asked for with ``max_minutes``."""
    allowed = parameters.get("max_minutes") or 60
    if facts.minutes is None:
        return Verdict(False, "How long the session lasts is not known.")
    if facts.minutes <= allowed:
        return Verdict(True, f"{facts.minutes} minutes are within {allowed}.")
    return Verdict(False, f"{facts.minutes} minutes are more than {allowed}.")
