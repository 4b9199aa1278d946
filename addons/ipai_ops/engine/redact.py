"""Blanks secrets in what goes into logs, in every form in which they usually get there."""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "••••••"
SHORTEST = 6  # blanking shorter texts would tear ordinary words apart
LINE_SHORTEST = 16  # of a key's lines: shorter ones say nothing
URL_PASSWORD = re.compile(r"(\w://)[^\s/:@]*:[^\s/@]+@")


class Redactor:
    """Blanks a fixed set of secrets in texts and JSON values."""

    def __init__(self, secrets: Iterable[str]):
        found = {form for secret in secrets if secret for form in forms(secret)}
        self._forms = sorted(found, key=lambda form: (-len(form), form))

    def text(self, text: str) -> str:
        """Return ``text`` with every form of every secret blanked, passwords in URLs too."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return URL_PASSWORD.sub(rf"\1{MASK}@", text) if "://" in text else text

    def value(self, value):
        """Return a JSON value with its texts blanked; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


def blank(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every form of the ``secrets`` blanked."""
    return Redactor(secrets).text(text)


def forms(secret: str) -> set[str]:
    """Return the texts by which ``secret`` may show itself in a log."""
    parts = _parts(secret.strip())
    return {form for part in parts for form in _encoded(part) if len(form) >= SHORTEST}


def _parts(secret):
    """A key shows itself line by line; ``user:token`` by its token alone, too."""
    if len(secret) < SHORTEST:
        return []
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        return [secret, *(line for line in lines if len(line) >= LINE_SHORTEST)]
    _user, colon, token = secret.partition(":")
    return [secret, token] if colon and len(token) >= SHORTEST else [secret]


def _encoded(part):
    raw = part.encode()
    yield part
    yield quote(part, safe="")
    yield quote(part)
    yield quote_plus(part)
    yield json.dumps(part)[1:-1]
    yield from _base64_forms(raw)


def _base64_forms(raw):
    """Yield base64 of ``raw`` at its three alignments, as it shows inside a longer text."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        start = (0, 2, 3)[shift]
        end = None if (len(raw) + shift) % 3 == 0 else -1
        middle = encoded[start:end]
        if len(middle) >= 2 * SHORTEST or (shift == 0 and len(middle) >= SHORTEST):
            yield middle
            yield middle.replace("+", "-").replace("/", "_")
