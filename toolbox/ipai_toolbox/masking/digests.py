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

    def of(self, text: str, family: str = "") -> str:
        """The name of the digest (32 bytes) of this SQL text expression.

        Texts of one `family` are often equal within a row: spellings of one address, of one number.
        """
        name = self._names.setdefault(text, f"d{len(self._names)}")
        return f"{self.alias}.{name}"

    def once(self, expression: str) -> str:
        """An expression that several others are made of; a plain SELECT has no place to keep it."""
        return expression

    fake = once

    @property
    def columns(self) -> str:
        """The digests as a SELECT list."""
        return _listed({name: hmac_of(text) for text, name in self._names.items()})


class RowDigests(Digests):
    """The digests of a table's rows, in joins that each see what those before them computed.

    `n` has normalised values, the alias has their digests, `w` the digests of values that may equal
    another one's, `f` has whole fakes that several columns are made of.
    """

    def __init__(self, alias: str = "h"):
        super().__init__(alias)
        self._once: dict[str, str] = {}
        self._fakes: dict[str, str] = {}
        self._families: dict[str, str] = {}
        self._twins: dict[str, tuple[str, str]] = {}

    def of(self, text: str, family: str = "") -> str:
        first = self._families.setdefault(family, text) if family else text
        if first == text:
            return super().of(text)
        name, _ = self._twins.setdefault(text, (f"d{len(self._twins)}", first))
        return f"w{self.alias}.{name}"

    def once(self, expression: str) -> str:
        name = self._once.setdefault(expression, f"n{len(self._once)}")
        return f"n{self.alias}.{name}"

    def fake(self, expression: str) -> str:
        name = self._fakes.setdefault(expression, f"f{len(self._fakes)}")
        return f"f{self.alias}.{name}"

    @property
    def joins(self) -> str:
        """What to add to a FROM: OFFSET 0 keeps the planner from computing anything twice."""
        twins = {
            name: f"CASE WHEN {text} = {first} THEN {self.of(first)} ELSE {hmac_of(text)} END"
            for text, (name, first) in self._twins.items()
        }
        levels = (
            ("n", {name: expression for expression, name in self._once.items()}),
            ("", {name: hmac_of(text) for text, name in self._names.items()}),
            ("w", twins),
            ("f", {name: expression for expression, name in self._fakes.items()}),
        )
        return "".join(
            f" CROSS JOIN LATERAL (SELECT {_listed(columns)} OFFSET 0) AS {prefix}{self.alias}"
            for prefix, columns in levels
            if columns
        )


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items()) or "NULL AS nothing"


def lowered(text: str) -> str:
    """SQL: the text without outer spaces, in small letters; quick for ASCII, right for all others."""
    is_ascii = f"octet_length({text}) = length({text})"
    return (
        f'CASE WHEN {is_ascii} THEN lower(btrim({text}) COLLATE "C") ELSE lower(btrim({text})) END'
    )


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
