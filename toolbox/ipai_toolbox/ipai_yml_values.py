"""The kinds of values in .ipai.yml: how each is read, and how JSON Schema says the same.

A value is read from PyYAML's nodes, which know their lines. Patterns keep to what Python and ECMAScript
read in the same way.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = ".ipai.yml"
STRING, LIST, SWITCH = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "bool"))
LONGEST_VALUE, LONGEST_PATH = 1000, 250
ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
ANY_PATH, BELOW = r"[^\x00-\x08\x0b-\x1f\x7f]+", r"(?!/)(?!\.\.(?:/|$))"
OFF = ("false", "no", "off")  # YAML 1.1


class Problem(Exception):
    """Something wrong at one line."""

    def __init__(self, line: int, key: str, message: str):
        place = f'line {line}, key "{key[:60]}"' if key else f"line {line}"
        super().__init__(f"{FILE}, {place}: {message}")


@dataclass(frozen=True)
class Value:
    """One kind: `read(node, key, root)` gives the value or raises Problem; `schema` accepts the same."""

    read: Callable[[Any, str, Path], Any]
    schema: dict


def expected(node, key: str, what: str) -> Problem:
    shown = f"'{node.value[:60]}'" if node.id == "scalar" else f"a {node.id}"
    return Problem(node.start_mark.line + 1, key, f"expected {what}, found {shown}")


def words(pattern: str, one: str, longest: int = LONGEST_VALUE) -> Value:
    """A string that matches the pattern as a whole; `one` names it in errors."""
    compiled = re.compile(pattern)

    def read(node, key: str, _root: Path) -> str:
        if node.id != "scalar" or not compiled.fullmatch(node.value):
            raise expected(node, key, one)
        if node.tag != STRING:
            raise expected(node, key, f"{one} (put it in quotes)")
        return node.value

    return Value(
        read, {"type": "string", "maxLength": longest, "pattern": f"^(?:{pattern})$(?!\\n)"}
    )


def list_of(item: Value, many: str) -> Value:
    """A list; it may be empty."""

    def read(node, key: str, root: Path) -> tuple:
        if node.tag != LIST or node.id != "sequence":
            raise expected(node, key, f"a list of {many}")
        return tuple(item.read(each, key, root) for each in node.value)

    return Value(read, {"type": "array", "items": item.schema})


def false_or(other: Value, what: str) -> Value:
    """`false` gives an empty list."""

    def read(node, key: str, root: Path) -> tuple:
        if node.tag == SWITCH and node.value.lower() in OFF:
            return ()
        if node.id == "scalar":
            raise expected(node, key, f"false or {what}")
        return other.read(node, key, root)

    return Value(read, {"oneOf": [{"const": False}, other.schema]})


def path(is_there: Callable[[Path], bool], what: str) -> Value:
    """A path below the repository's root that is there; a schema cannot see whether it is."""
    text, below = words(ANY_PATH, "a path"), words(BELOW + ANY_PATH, "a path", LONGEST_PATH)

    def read(node, key: str, root: Path) -> str:
        name, line = text.read(node, key, root), node.start_mark.line + 1
        if len(name.encode()) > LONGEST_PATH:
            raise Problem(line, key, f"a path has {LONGEST_PATH} bytes at most")
        try:
            target = (root / name).resolve()
        except (OSError, RuntimeError) as error:  # links that lead in a circle
            raise Problem(line, key, f"the path {name} leads nowhere") from error
        if not re.match(BELOW, name) or not target.is_relative_to(root.resolve()):
            raise Problem(line, key, f"the path {name} leads out of the repository")
        if not is_there(target):
            raise Problem(line, key, f"there is no {what} {name}")
        return target.relative_to(root.resolve()).as_posix()

    return Value(read, below.schema)
