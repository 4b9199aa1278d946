"""Any other sender: a small JSON message with an HMAC of its own.

``X-Ipai-Signature: sha256=<hex HMAC-SHA256 of the body>``, ``X-Ipai-Delivery: <unique id>`` and
``{"ref": "refs/heads/main", "after": "<commit>", "subject": "…", "author": "…"}``; ``after`` of
zeros says that the branch is gone, ``{"ping": true}`` tries the way.
"""

from collections.abc import Mapping

from . import common, reading
from .events import Event, Ping

NAME = "other"


def claims(_headers: Mapping[str, str]) -> bool:
    return True


def event_name(headers: Mapping[str, str]) -> str:
    return headers.get("x-ipai-event", "push")


def delivery_id(headers: Mapping[str, str]) -> str:
    return headers.get("x-ipai-delivery", "")


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Check ``X-Ipai-Signature`` against the raw body."""
    scheme, _equals, signature = headers.get("x-ipai-signature", "").partition("=")
    return scheme == "sha256" and common.has_hmac(signature, body, secret)


@common.of_body
def parse(_headers: Mapping[str, str], data: Mapping) -> Event:
    """Return what the message means."""
    if data.get("ping"):
        return Ping()
    author = {"name": reading.some_text(data, "author")}
    head = {"message": reading.some_text(data, "subject"), "author": author}
    return common.push(data, head, bool(data.get("created")))
