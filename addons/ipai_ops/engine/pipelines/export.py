"""export: a backup as Odoo's own archive, for another platform or a developer's desk."""

from collections.abc import Mapping

from ..plan import StepPlan
from .data import HOURS


def steps(_spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the one step of an export."""
    return (StepPlan("export", "export", "Write the archive", timeout_seconds=6 * HOURS),)
