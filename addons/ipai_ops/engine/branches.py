"""Which environment a branch belongs to, and the labels made from branch names."""

import re
from collections.abc import Iterator, Sequence
from itertools import count

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
LABEL_LIMIT = 63  # RFC 1035, 2.3.4
RESERVED_LABELS = frozenset({"ops", "www", "localhost"})


def choose(patterns: Sequence[str], branch: str) -> int | None:
    """Return the place of the most specific pattern that matches ``branch``, or None.

    An exact name beats any wildcard, then fewer wildcards win, then more literal characters;
    of two equal ones the first. ``*`` stands for any characters, ``?`` for one.
    """
    matching = [place for place, pattern in enumerate(patterns) if matches(pattern, branch)]
    return min(matching, key=lambda place: _vagueness(patterns[place]), default=None)


def matches(pattern: str, branch: str) -> bool:
    """Say whether ``branch`` fits ``pattern``; a blank pattern fits nothing."""
    return bool(pattern) and re.fullmatch(_expression(pattern), branch, re.DOTALL) is not None


def split_patterns(text: str | None) -> list[str]:
    """Return the patterns of a field in which commas, blanks and line ends separate them."""
    return [pattern for pattern in re.split(r"[\s,]+", text or "") if pattern]


def branch_of(ref: str) -> str | None:
    """Return the branch a full ref names, or None for tags and other refs."""
    prefix = "refs/heads/"
    return ref.removeprefix(prefix) if ref.startswith(prefix) else None


def is_host_label(text: str) -> bool:
    """Say whether ``text`` may be the first label of an environment's host name."""
    return (
        len(text) <= LABEL_LIMIT
        and LABEL.fullmatch(text) is not None
        and text not in RESERVED_LABELS
    )


def numbered(label: str, limit: int = LABEL_LIMIT) -> Iterator[str]:
    """Yield ``label``, then ``label-2``, ``label-3``… each at most ``limit`` long."""
    yield label[:limit].strip("-")
    for number in count(2):
        tail = f"-{number}"
        yield label[: limit - len(tail)].strip("-") + tail


def _expression(pattern: str) -> str:
    wildcards = {"*": ".*", "?": "."}
    return "".join(wildcards.get(letter, re.escape(letter)) for letter in pattern)


def _vagueness(pattern: str) -> tuple[bool, int, int]:
    wildcards = sum(letter in "*?" for letter in pattern)
    return (wildcards > 0, wildcards, wildcards - len(pattern))
