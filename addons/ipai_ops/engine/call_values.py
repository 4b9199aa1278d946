"""Does a value that came over the wire have one of the forms that its field knows? Pure.

``models`` maps a model's name to its fields by name; a field has ``type`` and ``comodel_name``. Each
function returns None for a value that fits, or what is wrong with it in words.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime

LARGEST_ID = 2**31 - 1
LARGEST_INTEGER = 2**63 - 1
DEEPEST = 60
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
MULTI = ("one2many", "many2many")
CREATE, UPDATE, DELETE, UNLINK, LINK, CLEAR, SET = range(7)
TEXTS = ("char", "text", "html", "selection", "reference")


def is_id(value) -> bool:
    return type(value) is int and 0 < value <= LARGEST_ID


def unclean(value, path: str = "", depth: int = 0) -> str | None:
    """Say which part of a message no database takes: texts with NUL or half a character, numbers without a value."""
    here = path or "The message"
    if depth > DEEPEST:
        return f"{here} is nested deeper than {DEEPEST} levels."
    if isinstance(value, str):
        return _unclean_text(value, here)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{here}: expected a number."
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return f"{here}: the number is too large."
    said = (unclean(part, place, depth + 1) for place, part in _parts(value, path))
    return next(filter(None, said), None)


def _unclean_text(text, here):
    if "\0" in text:
        return f"{here}: the text holds a NUL character."
    if HALF_CHARACTER.search(text):
        return f"{here}: the text holds half a character (a lone surrogate)."
    return None


def _parts(value, path) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield "A name", name
            yield f"{path}.{name}".lstrip(".")[:80], part
    elif isinstance(value, list | tuple):
        for place, part in enumerate(value):
            yield f"{path}[{place}]", part


def unfit_values(models, model: str, values) -> str | None:
    """Say which of a record's values is none for its field, or names no field."""
    if not isinstance(values, Mapping):
        return "Send the values as an object: the name of each field and its value."
    for name, value in values.items():
        field = models[model].get(name) if isinstance(name, str) else None
        if field is None:
            return f"“{str(name)[:60]}” is no field of {model}."
        said = unfit_value(models, field, value)
        if said:
            return f"{name}: {said}"
    return None


def unfit_value(models, field, value) -> str | None:
    """Say what the field takes, where the value is nothing of the kind."""
    if value is None or value is False:
        return None
    if field.type == "many2one":
        return _unfit_one(models, field.comodel_name, value)
    if field.type in MULTI:
        return _unfit_many(models, field.comodel_name, value)
    return _unfit_plain(field, value)


def _unfit_plain(field, value):
    if field.type in ("integer", "many2one_reference"):
        fits = isinstance(value, int) and abs(value) <= LARGEST_ID
        return None if fits else "expected a whole number."
    if field.type in ("float", "monetary"):
        fits = isinstance(value, int | float) and math.isfinite(value)
        return None if fits else "expected a number."
    known = getattr(field, "selection", None)
    if field.type == "selection" and isinstance(known, list):
        return None if value in [key for key, _label in known] else "expected one of its choices."
    if field.type in TEXTS:
        return None if isinstance(value, str) else "expected a text."
    if field.type in ("date", "datetime"):
        return None if _is_moment(value) else "expected a time such as 2026-01-31 23:59:00."
    return None


def _is_moment(value):
    if isinstance(value, date):
        return True
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _unfit_one(models, model, value):
    if isinstance(value, Mapping):
        number = value.get("id")
        rest = {name: part for name, part in value.items() if name != "id"}
        if number and not is_id(number):
            return "expected the id of a record."
        return unfit_values(models, model, rest)
    named = value[0] if isinstance(value, list | tuple) and value else value
    return None if is_id(named) or value in ([], (), 0, "") else "expected the id of a record."


def _unfit_many(models, model, value):
    if not isinstance(value, list | tuple):
        return "expected a list of commands such as [[4, 7]]."
    return next((said for one in value if (said := _unfit_command(models, model, one))), None)


def _unfit_command(models, model, command):
    if not isinstance(command, list | tuple):
        return "expected commands such as [4, 7]."
    kind, named, given = (*command, None, None, None)[:3]
    if kind in (CREATE, UPDATE) and type(kind) is int:
        is_named = kind == CREATE or is_id(named) or isinstance(named, str)
        return unfit_values(models, model, given) if is_named else "expected the id of a line."
    fits = {
        DELETE: is_id(named) or isinstance(named, str),
        UNLINK: is_id(named) or isinstance(named, str),
        LINK: is_id(named),
        CLEAR: True,
        SET: isinstance(given, list | tuple) and all(map(is_id, given)),
    }
    is_known = type(kind) is int and fits.get(kind, False)
    return None if is_known else "expected commands such as [4, 7] or [6, 0, [7, 8]]."
