"""Is a request really Slack's, and new? Signed with v0, at most five minutes old, seen once."""

import hashlib
import re

from slack_sdk.signature import SignatureVerifier

TIMESTAMP = "x-slack-request-timestamp"
SIGNATURE = "x-slack-signature"


class FixedClock:
    """The clock slack_sdk's verifier asks; it shows the time it was given."""

    def __init__(self, now: float):
        self._now = now

    def now(self) -> float:
        return self._now


def is_genuine(secret: str, headers, body: bytes, now: float) -> bool:
    """Say whether the request was signed with ``secret`` within five minutes of ``now``.

    ``headers``: lower-case names. A missing secret, a torn timestamp or body is no reason to trust.
    """
    timestamp, signature = headers.get(TIMESTAMP), headers.get(SIGNATURE)
    if not (secret or "").strip() or not (timestamp or "").isascii():
        return False
    if not re.fullmatch("[0-9]{1,15}", timestamp or "") or not (signature or "").isascii():
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return SignatureVerifier(secret, FixedClock(now)).is_valid(text, timestamp, signature)


def replay_key(headers, body: bytes) -> str:
    """Return what names a request once and for all: the same bytes at the same second are the same."""
    stamp = (headers.get(TIMESTAMP) or "").encode()
    return hashlib.sha256(stamp + b":" + body).hexdigest()
