"""There is a masked snapshot of production's data that is young enough."""

from collections.abc import Mapping

from .ages import judge_age
from .facts import Facts, Verdict

LABEL = "Snapshot"
KINDS = ("deploy", "upgrade", "modules")


def judge(parameters: Mapping, facts: Facts) -> Verdict:
    """Compare the age of the last snapshot with ``max_age_hours``."""
    if not facts.knows_backups:
        return Verdict(False, "Snapshots are not known here.")
    hours = parameters.get("max_age_hours") or 24
    return judge_age("snapshot", facts.snapshot_at, facts.now, hours)
