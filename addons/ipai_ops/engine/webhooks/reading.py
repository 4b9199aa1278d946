"""Reads a forge's message part by part: each has the type that its forge documents, or the message is refused.

A refusal is one sentence that names the part and what was expected there. Pure.
"""

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from ..call_values import LARGEST_ID, unclean
from .events import Malformed

LONGEST_BRANCH = 255
LONGEST_ADDRESS = 2000
LONGEST_TEXT = 10_000
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# What Git refuses in the name of a branch (git-check-ref-format).
NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|^[./-]|[./]$|^$|^@$")


def load(body: bytes) -> dict:
    """Return the message as a mapping; raises Malformed for anything else."""
    try:
        text = body.decode("utf-8")
        data = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_mapping)
    except UnicodeDecodeError as exc:
        raise Malformed("The body is not UTF-8.") from exc
    except (ValueError, RecursionError) as exc:
        raise Malformed("The body is not valid JSON.") from exc
    if not isinstance(data, dict):
        raise Malformed("The body is JSON, but no object.")
    wrong = unclean(data)
    if wrong:
        raise Malformed(wrong)
    return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _mapping(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def text(data: Mapping, name: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text that must be there."""
    value = data.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise Malformed(f"“{name}”: expected a text of at most {longest} characters.")
    return value


def some_text(data: Mapping, name: str) -> str:
    """Return a text that may be missing, empty then."""
    return "" if data.get(name) is None else text(data, name, 1 << 20)


def mapping(data: Mapping, name: str) -> Mapping:
    """Return an object that must be there."""
    value = data.get(name)
    if not isinstance(value, Mapping):
        raise Malformed(f"“{name}”: expected an object.")
    return value


def some_mapping(data: Mapping, name: str) -> Mapping:
    """Return an object that may be missing, empty then."""
    return {} if data.get(name) is None else mapping(data, name)


def mappings(data: Mapping, name: str) -> list:
    """Return a list of objects that may be missing, empty then."""
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise Malformed(f"“{name}”: expected a list of objects.")
    return value


def number(data: Mapping, name: str) -> int:
    """Return the number of a pull or merge request."""
    value = data.get(name)
    if type(value) is not int or not 0 < value <= LARGEST_ID:
        raise Malformed(f"“{name}”: expected a whole number above 0.")
    return value


def commit_id(data: Mapping, name: str) -> str:
    """Return the full id of a commit; zeros say that there is none."""
    value = text(data, name).strip().lower()
    if not COMMIT.fullmatch(value):
        raise Malformed(f"“{name}”: expected the 40 or 64 digits of a commit.")
    return value


def branch(value: str, name: str) -> str:
    """Return the name of a branch as Git allows it."""
    if len(value) > LONGEST_BRANCH or NO_BRANCH.search(value):
        raise Malformed(f"“{name}”: expected the name of a branch.")
    return value


def address(data: Mapping, *names: str) -> str:
    """Return the first web address among the names, or an empty text."""
    found = next(filter(None, (some_text(data, name) for name in names)), "")
    is_web = found.startswith(("https://", "http://")) and len(found) <= LONGEST_ADDRESS
    return found if is_web else ""
