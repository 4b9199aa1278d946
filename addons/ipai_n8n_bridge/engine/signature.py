"""The signature of a message: HMAC-SHA256 over time, id and the digest of the body (RFC 2104).

The body enters as its SHA-256, so that a receiver which can only hash files can check it too.
"""

import hashlib
import hmac

LONGEST_AGE_SECONDS = 300


def sign(secret: str, timestamp: int, message_id: str, body: bytes) -> str:
    """Return the signature, 64 hex digits."""
    said = f"{timestamp}.{message_id}.{hashlib.sha256(body).hexdigest()}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def headers(secret: str, timestamp: int, message_id: str, body: bytes) -> dict[str, str]:
    """Return the headers of a signed message."""
    return {
        "Content-Type": "application/json",
        "X-Ipai-Delivery": message_id,
        "X-Ipai-Timestamp": str(timestamp),
        "X-Ipai-Signature": sign(secret, timestamp, message_id, body),
    }


def is_valid(
    secret: str, given: dict[str, str], body: bytes, now: int, age: int = LONGEST_AGE_SECONDS
) -> bool:
    """Say whether a message is ours and young; what a receiver should ask."""
    stamp = given.get("X-Ipai-Timestamp", "")
    if not stamp.isdigit() or abs(now - int(stamp)) > age:
        return False
    right = sign(secret, int(stamp), given.get("X-Ipai-Delivery", ""), body)
    return hmac.compare_digest(right, given.get("X-Ipai-Signature", ""))
