"""The keyed hash every fake is made from, computed by the database server.

HMAC-SHA-256 (RFC 2104). The key is one project's; its two padded forms travel in the connection's
handshake as settings of the session, so no statement, log or table ever holds them.
"""

import hmac

from ..outcome import Failure
from ..spec import FAULT

BLOCK_BYTES = 64
SHORTEST_KEY = 16
PURPOSE = b"ipai masking, version 1"


class Digests:
    """The digests one SELECT needs, each computed once per row, and their names."""

    def __init__(self, alias: str = "h"):
        self.alias = alias
        self._names: dict[str, str] = {}

    def of(self, text: str) -> str:
        """The name of the digest (32 bytes) of this SQL text expression."""
        name = self._names.setdefault(text, f"d{len(self._names)}")
        return f"{self.alias}.{name}"

    @property
    def columns(self) -> str:
        """The digests as a SELECT list."""
        listed = [f"{hmac_of(text)} AS {name}" for text, name in self._names.items()]
        return ", ".join(listed) or "NULL AS nothing"


def hmac_of(text: str) -> str:
    """HMAC-SHA-256 of an SQL text expression, as an SQL expression."""
    inner = "(SELECT decode(current_setting('ipai.inner'), 'hex'))"
    outer = "(SELECT decode(current_setting('ipai.outer'), 'hex'))"
    return f"sha256({outer} || sha256({inner} || convert_to({text}, 'UTF8')))"


def key_settings(secret: str | None) -> str:
    """The session settings that carry the project's key. Raises Failure."""
    if not secret or len(secret) < SHORTEST_KEY:
        raise Failure("The job has no masking key, or one that is too short", FAULT)
    key = hmac.digest(secret.encode(), PURPOSE, "sha256").ljust(BLOCK_BYTES, b"\0")
    inner = bytes(byte ^ 0x36 for byte in key).hex()
    outer = bytes(byte ^ 0x5C for byte in key).hex()
    return f"-c ipai.inner={inner} -c ipai.outer={outer}"


def number(digest: str, start: int, size: int = 2) -> str:
    """A number made of `size` bytes of a digest (at most 3)."""
    parts = [
        f"get_byte({digest}, {start + place}) * {256 ** (size - 1 - place)}"
        for place in range(size)
    ]
    return "(" + " + ".join(parts) + ")"


def digits(digest: str, count: int) -> str:
    """`count` decimal digits (at most 16) of a digest, as text."""
    whole = f"('x' || substr(encode({digest}, 'hex'), 1, 14))::bit(56)::bigint"
    return f"lpad((({whole}) % {10**count})::text, {count}, '0')"


def letters(digest: str, count: int) -> str:
    """`count` hexadecimal digits (at most 64): enough of them are unique."""
    return f"substr(encode({digest}, 'hex'), 1, {count})"
