"""Nobody opens a shell here."""

from .facts import Verdict

LABEL = "No shell"
KINDS = ("shell", "database_shell")


def judge(_parameters, _facts):
    """A policy of this rule allows no shell; how loudly it says so is its enforcement."""
    return Verdict(False, "Shells are not allowed here.")
