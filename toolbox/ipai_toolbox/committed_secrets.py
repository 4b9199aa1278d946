"""Looks for secrets that were committed: tells file, line and kind, never the secret."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from .resources import resource_text

LARGEST_BYTES = 1 << 20
MOST_WARNINGS = 20
SKIPPED = {".git", "node_modules", "__pycache__", "i18n"}
ADVICE = (
    "take it out, make it invalid where it is from, and hand it over as a secret of the project"
)


def committed_secrets(folder: Path, title: str = "") -> tuple[str, ...]:
    """One warning for each secret found below `folder`; at most a screenful."""
    found = []
    for path in _files(folder):
        for line, what in _found(path):
            place = f"{title}{path.relative_to(folder)}:{line}"
            found.append(f"{place} looks like {what}: {ADVICE}")
            if len(found) == MOST_WARNINGS:
                return (*found, "There may be more secrets; the search ended here")
    return tuple(found)


def patterns() -> list[tuple[str, re.Pattern]]:
    """What is looked for: kind and regular expression."""
    listed = json.loads(resource_text("ipai_toolbox", "committed_secrets.json"))
    return [(each["what"], re.compile(each["pattern"])) for each in listed]


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in sorted(names):
            path = Path(root, name)
            if not path.is_symlink() and path.stat().st_size <= LARGEST_BYTES:
                yield path


def _found(path: Path) -> Iterator[tuple[int, str]]:
    data = path.read_bytes()
    if b"\0" in data:
        return
    text = data.decode("utf-8", "replace")
    for what, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, what


_PATTERNS = patterns()
