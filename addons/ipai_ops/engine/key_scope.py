"""What a key lets its owner do: some permissions, in some places, from some addresses."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import address_list

ALWAYS = "view"


@dataclass(frozen=True)
class KeyScope:
    """A key in use. ``projects`` and ``environments`` are ids; None stands for all of them."""

    key_id: int
    name: str
    user_id: int
    permissions: frozenset[str]
    projects: frozenset[int] | None = None
    environments: frozenset[int] | None = None
    has_second_factor: bool = False

    def narrowed(self, granted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those of (permission, stage) that the key lets through."""
        return {(name, stage) for name, stage in granted if name in self.permissions}

    def reaches_project(self, project_id: int) -> bool:
        return self.projects is None or project_id in self.projects

    def reaches_environment(self, environment_id: int) -> bool:
        return self.environments is None or environment_id in self.environments


def permissions_of(text: str | None) -> frozenset[str]:
    """Return the permissions named in ``text``; to see is always one of them."""
    return frozenset((text or "").split(",")) - {""} | {ALWAYS}


def is_allowed_from(networks: str | None, address: str | None) -> bool:
    """Say whether a key with this list may be used from ``address``; unknown ones are not on it."""
    wanted = address_list.parse(networks or "")
    if not wanted:
        return True
    return address_list.contains(wanted, address) if address else False
