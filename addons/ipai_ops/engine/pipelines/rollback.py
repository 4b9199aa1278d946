"""rollback: the build that served before serves again, on its own data where that is wanted."""

from collections.abc import Mapping

from ..plan import StepPlan
from .data import BACK, ROLE, SWAP
from .deploy import HOLD, RELEASE, RESUME, SMOKE


def steps(spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the steps; without a restore point the data stays as it is."""
    swap, back = ((SWAP,), (BACK,)) if spec.get("point") else ((), ())
    return (ROLE, HOLD, *swap, RELEASE, RESUME, SMOKE, *back)
