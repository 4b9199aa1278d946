"""export: a backup as Odoo's own archive, for another platform or a developer's desk."""

from ..plan import StepPlan
from .data import HOURS


def steps(_spec):
    """Return the one step of an export."""
    return (StepPlan("export", "export", "Write the archive", timeout_seconds=6 * HOURS),)
