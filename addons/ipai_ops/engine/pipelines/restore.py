"""restore: data becomes the environment's: beside it, compared, started, then swapped in.

It comes from a backup, from an archive of Odoo, or from production as it was at a moment. Until the
swap the old data serves; a step that breaks leaves it so. After the swap it is kept aside, and a
release that does not become healthy brings it back. What comes from elsewhere is real data until it
is neutralised and masked: a run that breaks removes its copy at once.
"""

from collections.abc import Mapping
from dataclasses import replace

from ..plan import StepPlan
from . import data
from .data import BACK, BOOT, MASK, NEUTRALIZE, OWN, ROLE, SWAP
from .deploy import BUILD, HOLD, RELEASE, RESUME, SMOKE, UPDATE

END = (HOLD, SWAP, RELEASE, RESUME, SMOKE, BACK)


def steps(spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the steps; data that comes from elsewhere is neutralised, production's masked.

    Modules of an archive may be older than the code: it is updated before it is started.
    """
    build = () if spec.get("redeploy") else (BUILD,)
    foreign = (NEUTRALIZE,) if spec.get("is_foreign") else ()
    masked = (MASK,) if spec.get("is_to_be_masked") else ()
    removed = (replace(data.DISCARD, when="failed"),) if foreign else ()
    if spec.get("archive"):
        renewed = () if foreign else (data.RENEW,)
        brought = (ROLE, data.IMPORT, OWN, *foreign, *renewed, *masked, UPDATE, BOOT)
        return (*build, *brought, *END, *removed)
    bring = data.RECOVER if spec.get("moment") else data.RESTORE
    return (*build, ROLE, bring, OWN, BOOT, *foreign, *masked, UPDATE, *END, *removed)
