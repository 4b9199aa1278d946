"""The calls n8n may make: which fields each has, and what fits into them."""

from collections.abc import Callable
from dataclasses import dataclass

LONGEST_NAME = 200
LONGEST_TEXT = 20_000
LARGEST_ID = 2**31 - 1


class Misfit(Exception):
    """A call that is not of its form; the text is a sentence for whoever wrote the workflow."""


def _is_id(value):
    return type(value) is int and 0 < value <= LARGEST_ID


def _is_name(value):
    return _is_id(value) or (_is_word(value) and value != "")


def _is_word(value):
    return isinstance(value, str) and len(value) <= LONGEST_NAME


def _is_text(value):
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_object(value):
    return isinstance(value, dict)


@dataclass(frozen=True)
class Field:
    """``fits`` says whether a value may stand there; ``wanted`` says it in words."""

    fits: Callable
    wanted: str
    is_required: bool = False


ID = Field(_is_id, "a whole number above 0", True)
NAME = Field(_is_name, f"an id, or a text of 1 to {LONGEST_NAME} characters", True)
WORD = Field(_is_word, f"a text of at most {LONGEST_NAME} characters", True)
TEXT = Field(_is_text, f"a text of at most {LONGEST_TEXT} characters", True)
MAY_ID, MAY_NAME, MAY_WORD, MAY_TEXT = (
    Field(each.fits, each.wanted) for each in (ID, NAME, WORD, TEXT)
)
FIELDS = {
    "queue_run": {"project": NAME, "env": NAME, "git_sha": MAY_WORD, "ref": MAY_WORD},
    "approve": {"run_id": ID, "reason": MAY_TEXT},
    "add_event": {
        "run_id": ID,
        "level": WORD,
        "message": TEXT,
        "payload": Field(_is_object, "an object"),
    },
    "raise_alert": {
        "project": NAME,
        "env": MAY_NAME,
        "key": NAME,
        "name": TEXT,
        "severity": MAY_WORD,
        "message": MAY_TEXT,
    },
    "resolve_alert": {"project": NAME, "env": MAY_NAME, "key": NAME},
    "report": {"hours": MAY_ID},
}


def check(action: str, payload: dict) -> dict:
    """Return the fields that are given; raise Misfit with a sentence where one does not fit."""
    fields = FIELDS[action]
    unknown = sorted(set(payload) - set(fields))
    if unknown:
        raise Misfit(f"“{unknown[0][:50]}” is no field of {action}; use {', '.join(fields)}.")
    given = {name: value for name, value in payload.items() if value is not None}
    for name, field in fields.items():
        if name in given and not field.fits(given[name]):
            raise Misfit(f"“{name}” must be {field.wanted}.")
        if field.is_required and name not in given:
            raise Misfit(f"“{name}” is missing: {field.wanted}.")
    if not _is_storable(given):
        raise Misfit("A text has a character that cannot be kept: NUL, or half of a pair.")
    return given


def _is_storable(value):
    """Say whether PostgreSQL can keep it: UTF-8 without NUL, at every depth."""
    if isinstance(value, dict):
        return all(_is_storable(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(map(_is_storable, value))
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= each <= "\udfff" for each in value)
    return True
