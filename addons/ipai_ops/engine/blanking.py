"""Finds secrets in texts, in every notation of ``spellings.py``, and blanks them.

The same file is in the toolbox and in the addon's engine: a test compares them. Nearly every text
holds no secret, so first a cheap question is asked of each form: is its longest run of letters
there at all? Only then is it looked for, by following all spellings at once, never by backtracking:
the time is proportional to the length of the text.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from .spellings import GLUE, LINE_SHORTEST, Form, forms

BREAKS = re.compile(GLUE, re.IGNORECASE)
MAY_BREAK = re.compile(r"[\n\x00\x1b\\]|%00|\^\[")
DENSE = re.compile(
    r"(?:(?:%(?:25){0,3}|\\{1,8}x|=|\\{1,8}u00|\\{1,8}u\{0{0,4}|&(?:amp;){0,3}#x?0{0,8}|\\{1,8}0?)"
    r"[0-9a-f]{2,3}[;}]?){2}",
    re.IGNORECASE,
)
NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdef"))
PATIENCE = 10_000  # places looked at in vain in one text: ordinary ones need some dozens
HEAD = 3  # places that a quick search looks at
URL_PASSWORD = re.compile(r"(\w://)[^\s/:@]*:[^\s/@]+@")


@lru_cache(maxsize=8192)
def _compiled(pattern):
    return re.compile(pattern, re.IGNORECASE)


class Blanking:
    """A fixed set of secrets, and what is put in their place."""

    def __init__(self, secrets: Iterable[str], mask: str):
        self.mask = mask
        found = dict.fromkeys(form for secret in secrets if secret for form in forms(secret))
        self.forms = sorted(found, key=lambda form: -len(form.places))
        self.pieces = [f.literal for f in self.forms if len(f.literal) > LINE_SHORTEST]

    def text(self, text: str) -> str:
        """Return ``text`` with every form of every secret blanked, passwords in URLs too."""
        if self.forms:
            text = self._blanked(text)
        return URL_PASSWORD.sub(rf"\1{self.mask}@", text) if "://" in text else text

    def value(self, value):
        """Return a JSON value with its texts blanked, those of keys as well."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def _blanked(self, text):
        spans = list(self._edges(text))
        views, patience = _Views(text), [PATIENCE + len(text) // 4]
        for form in self.forms:
            if views.may_hold(form):
                spans += _found(form, text, patience)
        if not spans:
            return text
        said, end = [], 0
        for start, stop in sorted(spans):
            if stop <= end:
                continue
            if start >= end:
                said += [text[end:start], self.mask]
            end = stop
        return "".join([*said, text[end:]])

    def _edges(self, text):
        """Yield pieces of secrets at the edges of a text: a line may hold the rest of another."""
        bare = text.strip()
        if len(bare) < LINE_SHORTEST:
            return
        start = text.index(bare)
        for piece in self.pieces:
            if bare in piece:
                yield start, start + len(bare)
                continue
            place = bare.rfind(piece[:LINE_SHORTEST])
            if place >= 0 and piece.startswith(bare[place:].rstrip("=\\")):
                yield start + place, start + len(bare)
            place = bare.find(piece[-LINE_SHORTEST:])
            if place >= 0 and piece.endswith(bare[: place + LINE_SHORTEST]):
                yield start, start + place + LINE_SHORTEST


class _Views:
    """A text as the quick question needs it: small letters, without what breaks texts up."""

    def __init__(self, text):
        lower = text.lower()
        self.is_dense = bool(DENSE.search(lower))
        self.text = BREAKS.sub("", lower) if MAY_BREAK.search(text) else lower
        self.lower = lower
        self.made = {}

    def may_hold(self, form: Form) -> bool:
        """Say whether looking for the form is worth while; never no where it is there."""
        if form.view == "text":
            if not form.anchor or self.is_dense or form.anchor in self.lower:
                return True
            return (
                form.anchor in self.text
            )  # broken up; what looks like a break may be the secret's
        if form.view not in self.made:
            self.made[form.view] = _hex(self.lower) if form.view == "hex" else _numbers(self.lower)
        return form.anchor in self.made[form.view]


def _hex(lower):
    raw = lower.replace("0x", "").encode("utf-8", "replace")
    return raw.translate(None, NOT_HEX).decode()


def _numbers(lower):
    return re.sub(r"(?:[\s,;]|\\{1,8}[rn])+", ",", lower) if "," in lower else ""


def _found(form, text, patience):
    """Yield where the form stands in the text, from left to right.

    A text that is made to be slow to look through is blanked as a whole, when the ``patience``
    with it, a list of one number, is used up.
    """
    head, position = _head(form), 0
    while match := head.search(text, position):
        end, taken = _end(form, text, match.start())
        if end:
            yield match.start(), end
        else:
            patience[0] -= taken
        if patience[0] < 0:
            yield 0, len(text)
            return
        position = end or match.start() + 1


@lru_cache(maxsize=4096)
def _head(form):
    """The form's first places, as one expression: few enough never to be slow."""
    places = [f"(?:{'|'.join(patterns)})" for patterns in form.places[:HEAD]]
    return re.compile(f"{form.glue}{{0,6}}".join(places), re.IGNORECASE)


def _end(form, text, start):
    """Return where the form that begins at ``start`` ends at the latest, or None; and the work."""
    reached, last, taken = {start}, len(form.places) - 1, 0
    for number, patterns in enumerate(form.places):
        matches = (_compiled(p).match(text, at) for at in reached for p in patterns)
        reached = {match.end() for match in matches if match}
        taken += len(reached) + 1
        if not reached:
            return None, taken
        if number < last:
            glue = _compiled(f"{form.glue}{{1,6}}")
            for match in [found for at in reached if (found := glue.match(text, at))]:
                at, end = match.span()
                bare = len(text[at:end].rstrip(" \t"))
                reached |= {end, at + bare}  # a line's first blanks may be the secret's own
    return max(reached), taken
