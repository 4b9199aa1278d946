"""Reads and changes a requirements.txt without touching the lines nobody asked about."""

import difflib
import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

FILE = "requirements.txt"
COMMENT = re.compile(r"(^|\s+)#.*$")


def requirements(text):
    """Return the requirement lines that name a distribution of the index.

    Options, includes and addresses are pip's own business: they are left to the build.
    """
    found = (_parsed(line) for line in text.splitlines())
    return [str(one) for one in found if one and not one.url]


def with_requirement(text, line):
    """Return the text with ``line`` in place of the distribution's line, or at its end."""
    name, lines = canonicalize_name(Requirement(line).name), text.splitlines()
    places = [place for place, old in enumerate(lines) if _name(old) == name]
    if not places:
        return "".join(f"{one}\n" for one in (*lines, line))
    kept = [one for place, one in enumerate(lines) if place not in places[1:]]
    kept[places[0]] = line
    return "".join(f"{one}\n" for one in kept)


def without_requirement(text, name):
    """Return the text without the distribution's lines."""
    wanted = canonicalize_name(name)
    return "".join(f"{line}\n" for line in text.splitlines() if _name(line) != wanted)


def difference(before, after):
    """Return the change as a unified diff; empty when nothing changes."""
    rows = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{FILE}", f"b/{FILE}", lineterm=""
    )
    return "\n".join(rows)


def _name(line):
    found = _parsed(line)
    return canonicalize_name(found.name) if found else None


def _parsed(line):
    try:
        return Requirement(COMMENT.sub("", line).strip())
    except InvalidRequirement:
        return None
