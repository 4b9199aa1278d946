"""Blanks secrets in what goes into logs, in every notation that a program here or in Odoo prints."""

from collections.abc import Iterable

from .blanking import Blanking

MASK = "••••••"


class Redactor(Blanking):
    """Blanks a fixed set of secrets in texts and JSON values."""

    def __init__(self, secrets: Iterable[str]):
        super().__init__(secrets, MASK)


def blank(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every form of the ``secrets`` blanked."""
    return Redactor(secrets).text(text)
