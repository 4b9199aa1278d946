"""Reads a list of hosts that an environment may reach: one a line, with or without a port."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from .inner_addresses import NOTHING, Opened, is_inner_host

USUAL_PORTS = (80, 443)
LONGEST_NAME = 253  # RFC 1035, 2.3.4
LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
SHARED = {"ac", "co", "com", "edu", "gob", "gov", "gv", "ne", "net", "nom", "or", "org"}
NAME = re.compile(rf"(\*\.)?{LABEL}(\.{LABEL})*")


def parse(text: str | None) -> tuple[tuple[str, int], ...]:
    """Return (name, port) pairs in the order of the list; without a port: 80 and 443.

    A name is a host name, ``*.example.com`` for all names below, or an address. Text after ``#``
    is a remark. Raises ValueError with the line that is none of these.
    """
    found: dict[tuple[str, int], None] = {}
    for line in (text or "").splitlines():
        word = line.partition("#")[0].strip()
        if word:
            found |= dict.fromkeys(_pairs(word))
    return tuple(found)


def problem(pairs: Iterable[tuple[str, int]], open_: Opened = NOTHING) -> tuple[str, str]:
    """Return (name, why) of the first host that no list may hold, or two empty texts.

    ``why`` is ``inside`` or ``wide``.
    """
    for name, _port in pairs:
        if name.startswith("*."):
            if is_wide(name[2:]):
                return name, "wide"
            name = name[2:]
        if is_inner_host(name, open_):
            return name, "inside"
    return "", ""


def is_wide(name: str) -> bool:
    """Say whether everything below a name belongs to many: a top-level domain, or one like co.uk."""
    labels = name.split(".")
    is_shared = len(labels) == 2 and len(labels[1]) == 2 and labels[0] in SHARED
    return len(labels) == 1 or is_shared


def _pairs(word: str) -> list[tuple[str, int]]:
    try:
        place = urlsplit(f"//{word.lower()}")
        name, port = (place.hostname or "").rstrip("."), place.port
    except ValueError as exc:
        raise ValueError(word) from exc
    is_plain = place.netloc == word.lower() and "@" not in word and port != 0
    if not (is_plain and (_is_name(name) or _is_address(name))):
        raise ValueError(word)
    return [(name, port)] if port else [(name, usual) for usual in USUAL_PORTS]


def _is_name(name: str) -> bool:
    last = name.rpartition(".")[2]
    return len(name) <= LONGEST_NAME and bool(NAME.fullmatch(name)) and not last.isdigit()


def _is_address(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False
