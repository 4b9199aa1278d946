"""There is a backup, proven by restoring it, that is young enough."""

from collections.abc import Mapping

from .ages import judge_age
from .facts import Facts, Verdict

LABEL = "Proven backup"
KINDS = ("deploy", "restore", "rollback", "upgrade", "modules", "destroy")


def judge(parameters: Mapping, facts: Facts) -> Verdict:
    """Compare the age of the last proven backup with ``max_age_hours``."""
    if not facts.knows_backups:
        return Verdict(False, "Backups are not known here.")
    hours = parameters.get("max_age_hours") or 24
    return judge_age("proven backup", facts.proven_backup_at, facts.now, hours)
