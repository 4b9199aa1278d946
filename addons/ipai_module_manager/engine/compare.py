"""Compares the modules of two environments."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One module that is not the same on both sides; an empty version: not installed there."""

    name: str
    left: str
    right: str

    @property
    def kind(self):
        if not self.left:
            return "right"
        return "version" if self.right else "left"


def differences(left, right):
    """Return the Differences of two mappings of installed modules to versions, by name."""
    names = sorted(set(left) | set(right))
    found = (Difference(name, left.get(name, ""), right.get(name, "")) for name in names)
    return [one for one in found if one.left != one.right]
