"""restart: the release that serves is started anew, with today's settings, on the same data."""

from .data import ROLE
from .deploy import RELEASE, SMOKE


def steps(_spec):
    """Return the steps of a restart: no build, no new database, no update."""
    return (ROLE, RELEASE, SMOKE)
