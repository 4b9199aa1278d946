"""Secrets at rest: AES-256-GCM with a key that is not in the database.

The key file holds one key a line: the first seals, all of them open. To rotate, put a new one on top and
seal again; then take the old one away. A sealed value is bound to its place, so it cannot be moved.
"""

import base64
import binascii
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = "v1"


class KeyMissing(Exception):
    """None of the keys at hand can open the value."""


def new_key():
    """Return a line for the key file."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode("ascii")


def read_keys(text):
    """Return the keys of a key file, the sealing one first; raise KeyMissing where a line is none."""
    try:
        keys = [base64.urlsafe_b64decode(line) for line in text.split()]
    except (binascii.Error, ValueError) as exc:
        raise KeyMissing("the key file holds a line that is no key") from exc
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise KeyMissing("the key file holds no key of 32 bytes")
    return keys


def seal(text, place, keys):
    """Return ``text`` encrypted; ``place`` must be given again to open it."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(keys[0]).encrypt(nonce, text.encode(), place.encode())
    body = base64.urlsafe_b64encode(nonce + sealed).decode("ascii")
    return f"{VERSION}:{_name(keys[0])}:{body}"


def unseal(value, place, keys):
    """Return the text again; raise KeyMissing where the key is gone or the value was altered."""
    version, _, rest = value.partition(":")
    name, _, body = rest.partition(":")
    known = {_name(key): key for key in keys}
    if version != VERSION or name not in known:
        raise KeyMissing("it was sealed with a key that is not in the key file")
    try:
        raw = base64.urlsafe_b64decode(body)
        opened = AESGCM(known[name]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as exc:
        raise KeyMissing("the sealed value was altered or belongs elsewhere") from exc
    return opened.decode()


def _name(key):
    return hashlib.sha256(b"ipai_auth_oidc" + key).hexdigest()[:8]
