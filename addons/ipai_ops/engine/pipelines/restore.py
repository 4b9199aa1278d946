"""restore: a backup becomes the environment's data: beside it, compared, started, then swapped in.

Until the swap the old data serves; a step that breaks leaves it so. After the swap it is kept
aside, and a release that does not become healthy brings it back.
"""

from .data import BACK, BOOT, MASK, NEUTRALIZE, OWN, RESTORE, ROLE, SWAP
from .deploy import HOLD, RELEASE, RESUME, SMOKE, UPDATE


def steps(spec):
    """Return the steps; data that comes from elsewhere is neutralised, production's masked."""
    foreign = (NEUTRALIZE,) if spec.get("is_foreign") else ()
    masked = (MASK,) if spec.get("is_to_be_masked") else ()
    brought = (ROLE, RESTORE, OWN, BOOT, *foreign, *masked, UPDATE)
    return (*brought, HOLD, SWAP, RELEASE, RESUME, SMOKE, BACK)
