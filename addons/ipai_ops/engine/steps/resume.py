"""resume: the edge lets the requests it kept waiting go on, to the release that serves now."""

from .hold import is_needless

__all__ = ["HOLDS", "is_needless"]

HOLDS = False
