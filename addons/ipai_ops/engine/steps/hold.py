"""hold: the edge keeps an environment's requests waiting, so that none meets a half-made release.

A gate: no container runs. It is recorded, and done when the edge says it serves that.
"""

from ..plan import StepContext

HOLDS = True


def is_needless(context: StepContext) -> bool:
    """Nobody can be kept waiting for an environment that does not serve yet."""
    return not context.spec["environment"].get("is_serving")
