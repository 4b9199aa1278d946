"""Signs a message as Slack does."""

import time

from slack_sdk.signature import SignatureVerifier

from .common import SIGNING_SECRET


def signed(body, kind="application/x-www-form-urlencoded", secret=SIGNING_SECRET, stamp=None):
    """Return the headers Slack sends with these bytes."""
    stamp = str(int(stamp or time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
    }
