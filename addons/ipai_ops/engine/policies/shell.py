"""Nobody opens a shell here."""

from collections.abc import Mapping

from .facts import Facts, Verdict

LABEL = "No shell"
KINDS = ("shell", "database_shell")


def judge(_parameters: Mapping, _facts: Facts) -> Verdict:
    """A policy of this rule allows no shell; how loudly it says so is its enforcement."""
    return Verdict(False, "Shells are not allowed here.")
