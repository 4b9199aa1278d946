"""resume: the edge lets the requests it kept waiting go on, to the release that serves now.

Done as soon as it is recorded: the smoke test comes through the edge, and waits there as everybody does.
"""

from .hold import is_needless

__all__ = ["HOLDS", "is_needless"]

HOLDS = False
