"""Encrypts secrets at rest: AES-256-GCM (NIST SP 800-38D), with keys that can be rotated.

A key file holds one key a line, the newest first; a line's text is hashed to 256 bits. A sealed
value is ``ipai1:<key id>:<base64 of nonce and ciphertext>``. Its *place* (model, id, field) is
authenticated with it, so a value copied into another row does not open there.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = "ipai1"
NONCE_BYTES = 12


class LostKey(Exception):
    """The key that sealed a value is not in the ring; ``str(exc)`` is its id."""


class Damaged(Exception):
    """The value was changed, or belongs to another place."""


@dataclass(frozen=True)
class Keyring:
    """Keys by id, the current one first."""

    keys: tuple[tuple[str, bytes], ...]

    @classmethod
    def from_text(cls, text: str) -> "Keyring":
        """Return the keys of a key file; blank lines are none."""
        lines = (line.strip() for line in text.splitlines())
        return cls(tuple(_key(line) for line in lines if line))

    @property
    def current_id(self) -> str:
        return self.keys[0][0] if self.keys else ""

    def seal(self, value: str, place: str, nonce: bytes) -> str:
        """Return ``value`` encrypted with the current key; ``nonce``: 12 bytes, never twice."""
        if not self.keys:
            raise LostKey("")
        key_id, key = self.keys[0]
        data = nonce + AESGCM(key).encrypt(nonce, value.encode(), place.encode())
        return f"{MARK}:{key_id}:{base64.b64encode(data).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """Return the value; raises LostKey or Damaged, never gives something else."""
        mark, _, rest = sealed.partition(":")
        key_id, _, text = rest.partition(":")
        if mark != MARK:
            raise Damaged(place)
        key = dict(self.keys).get(key_id)
        if key is None:
            raise LostKey(key_id)
        try:
            data = base64.b64decode(text, validate=True)
            return (
                AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place.encode()).decode()
            )
        except (InvalidTag, ValueError, binascii.Error) as exc:
            raise Damaged(place) from exc


def key_id_of(sealed: str) -> str:
    """Return the id of the key that sealed a value."""
    return sealed.split(":", 2)[1] if sealed.count(":") > 1 else ""


def _key(line: str) -> tuple[str, bytes]:
    key = hashlib.sha256(line.encode()).digest()
    return hashlib.sha256(b"id of key " + key).hexdigest()[:8], key
