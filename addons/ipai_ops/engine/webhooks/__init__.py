"""One module per forge: is the message genuine, and what does it mean. Pure.

A forge is a module with ``NAME``, ``claims``, ``event_name``, ``delivery_id``, ``verify`` and
``parse``; headers are mappings with lower-case names. A new one is a file and its place below.
"""

from collections.abc import Mapping

from . import generic, gitea, github, gitlab
from .events import (
    BranchDeleted,
    Event,
    Ignored,
    Malformed,
    Ping,
    PullRequestEvent,
    PushEvent,
)

FORGES = (gitea, gitlab, github, generic)  # Gitea also sends GitHub's headers


def forge_of(headers: Mapping[str, str]):
    """Return the forge that sent a message with these headers."""
    return next(forge for forge in FORGES if forge.claims(headers))


__all__ = [
    "FORGES",
    "BranchDeleted",
    "Event",
    "Ignored",
    "Malformed",
    "Ping",
    "PullRequestEvent",
    "PushEvent",
    "forge_of",
]
