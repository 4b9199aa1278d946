"""Reads a message as a person would look at it (RFC 5322, RFC 2045). Never fails on a bad one."""

import base64
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage

LONGEST_TEXT = 200_000
LARGEST_INLINE = 5 << 20  # of all pictures shown inside a message
CID = re.compile(r"""cid:([^"'\s)>]+)""", re.IGNORECASE)
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True)
class Part:
    """An attached file; ``place`` is its number among all parts of the message."""

    place: int
    name: str
    kind: str
    content: bytes

    @property
    def size_bytes(self):
        return len(self.content)


@dataclass(frozen=True)
class Message:
    """A message in readable pieces."""

    subject: str
    sender: str
    recipients: str
    headers: str
    text: str
    html: str
    parts: tuple[Part, ...] = ()


def read(raw: bytes) -> Message:
    """Return the pieces of a message as it came."""
    message = message_from_bytes(raw, policy=policy.default.clone(refold_source="none"))
    leaves = [part for part in message.walk() if not part.is_multipart()]
    bodies = {kind: _body(leaves, f"text/{kind}") for kind in ("plain", "html")}
    html = bodies["html"]
    return Message(
        subject=_header(message, "Subject"),
        sender=_header(message, "From"),
        recipients=", ".join(filter(None, (_header(message, name) for name in ("To", "Cc")))),
        headers=_headers(raw),
        text=_text(bodies["plain"]),
        html=_with_pictures(_text(html), leaves) if html is not None else "",
        parts=tuple(_attached(leaves, list(bodies.values()))),
    )


def _header(message, name):
    try:
        return " ".join(str(message.get(name, "")).split())
    except (MessageError, ValueError, LookupError, AttributeError, IndexError, TypeError):
        return ""  # the standard library's parser has raised each of these on malformed headers


def _headers(raw):
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    return head.decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "")[:LONGEST_TEXT]


def _body(leaves, kind):
    """Return the first part of this kind that is no attachment, or None."""
    wanted = (part for part in leaves if part.get_content_type() == kind)
    return next((part for part in wanted if _disposition(part) != "attachment"), None)


def _disposition(part):
    try:
        return part.get_content_disposition()
    except (MessageError, ValueError, AttributeError, IndexError, TypeError):
        return None


def _content(part) -> bytes:
    try:
        return part.get_payload(decode=True) or b""
    except (MessageError, ValueError, TypeError, AttributeError):
        return b""


def _text(part: EmailMessage | None) -> str:
    if part is None:
        return ""
    try:
        text = _content(part).decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = _content(part).decode("utf-8", "replace")
    return text.replace("\0", "")[:LONGEST_TEXT]


def _attached(leaves, bodies):
    for place, part in enumerate(leaves):
        if any(part is body for body in bodies):
            continue
        kind = part.get_content_type()
        name = _file_name(part) or f"part-{place}"
        yield Part(place, name, kind, _content(part))


def _file_name(part):
    try:
        name = part.get_filename() or ""
    except (MessageError, ValueError, LookupError, AttributeError, IndexError, TypeError):
        return ""
    return re.sub(r"[\x00-\x1f/\\]", "_", name)[:150]


def _with_pictures(html, leaves):
    """Put the pictures a message brings along where it shows them; nothing else is fetched."""
    pictures, room = {}, LARGEST_INLINE
    for part in leaves:
        key, kind = _header(part, "Content-ID").strip("<> "), part.get_content_type()
        content = _content(part) if key and kind in PICTURES else b""
        if content and len(content) <= room:
            room -= len(content)
            pictures[key] = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return CID.sub(lambda found: pictures.get(found[1], found[0]), html)
