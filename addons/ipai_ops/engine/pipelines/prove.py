"""prove: a backup is restored into quarantine and started there; production's becomes a snapshot.

The copy holds real data until it is masked, so whatever breaks, it is removed.
"""

from collections.abc import Mapping
from dataclasses import replace

from ..plan import StepPlan
from .data import BOOT, DISCARD, MASK, NEUTRALIZE, OWN, PARK, RESTORE, ROLE


def steps(spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the proof, and where it is wanted the way on to a snapshot."""
    proof = (ROLE, RESTORE, OWN, BOOT)
    if not spec.get("makes_snapshot"):
        return (*proof, replace(DISCARD, when="always"))
    return (*proof, NEUTRALIZE, MASK, PARK, replace(DISCARD, when="failed"))
