"""Which facts a subscription wants."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Wish:
    """The filters of a subscription; an empty one lets everything through."""

    kinds: tuple[str, ...] = ()
    projects: frozenset[int] = frozenset()
    environments: frozenset[int] = frozenset()
    stage: str = ""


@dataclass(frozen=True)
class Place:
    """What a fact is about."""

    kind: str
    project: int = 0
    environment: int = 0
    stage: str = ""


def patterns(text: str) -> tuple[str, ...]:
    """Return the patterns of ``run.*, alert.raised``."""
    return tuple(text.replace(",", " ").split())


def wants(wish: Wish, place: Place) -> bool:
    """Say whether the fact at ``place`` fits the wish."""
    return (
        _fits(wish.kinds, place.kind)
        and (not wish.projects or place.project in wish.projects)
        and (not wish.environments or place.environment in wish.environments)
        and (not wish.stage or place.stage == wish.stage)
    )


def _fits(kinds: Iterable[str], kind: str) -> bool:
    kinds = tuple(kinds)
    return not kinds or any(fnmatchcase(kind, pattern) for pattern in kinds)
