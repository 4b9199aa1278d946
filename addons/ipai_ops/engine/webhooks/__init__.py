"""One module per forge: is the message genuine, and what does it mean. Pure.

A forge is a module with ``NAME``, ``claims``, ``event_name``, ``delivery_id``, ``verify`` and
``parse``; headers are mappings with lower-case names. It may have ``COMPARE`` (the page between two
commits) and ``PULL_REQUEST`` (the ref of a pull request). Other addons add theirs with ``register``.
"""

from collections.abc import Mapping
from types import ModuleType

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

USUAL_PULL_REQUEST = "refs/pull/{number}/head"
FORGES: list[ModuleType] = [
    gitea,
    gitlab,
    github,
    generic,
]  # Gitea also sends GitHub's headers; generic claims all


def register(forge: ModuleType) -> None:
    """Teach the engine a forge; it is asked for its messages before those known so far."""
    FORGES.insert(0, forge)


def forge_of(headers: Mapping[str, str]) -> ModuleType:
    """Return the forge that sent a message with these headers."""
    return next(forge for forge in FORGES if forge.claims(headers))


def compare_path(name: str) -> str:
    """Return where the forge of this name shows what lies between two commits, empty where it does not."""
    return getattr(_named(name), "COMPARE", "")


def pull_request_ref(name: str, number: int) -> str:
    """Return the ref that has a pull request's commits at the forge of this name."""
    return getattr(_named(name), "PULL_REQUEST", USUAL_PULL_REQUEST).format(number=number)


def _named(name: str) -> ModuleType:
    return next((forge for forge in FORGES if name == forge.NAME), generic)


__all__ = [
    "FORGES",
    "BranchDeleted",
    "Event",
    "Ignored",
    "Malformed",
    "Ping",
    "PullRequestEvent",
    "PushEvent",
    "compare_path",
    "forge_of",
    "pull_request_ref",
    "register",
]
