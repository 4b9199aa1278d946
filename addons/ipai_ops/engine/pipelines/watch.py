"""watch: which times of production can be asked for, and whether its WAL is archived."""

from .base import WATCH


def steps(_spec):
    """Return the one step of a look."""
    return (WATCH,)
