"""Makes rows of events out of the lines a container wrote, whatever they look like."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone

from .redact import Redactor

LEVELS = ("debug", "info", "warning", "error")
MESSAGE_LIMIT = 32 * 1024  # characters
CUT = "… (cut: the line had %d characters)"
SEQ_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Event:
    """A line ready to be stored; ``seq`` is negative for lines that carry no number."""

    attempt: int
    seq: int | None
    at: datetime
    level: str
    message: str
    payload: dict | None = None


def events(
    lines: Iterable[object], attempt: int, now: datetime, redactor: Redactor | None = None
) -> list[Event]:
    """Return the events of ``lines``: mappings of the toolbox's protocol, or raw text or bytes.

    Text that is not JSON becomes an info event. Result lines are left out. Given the same
    lines again, the same events come out, so that storing them twice can be refused.
    """
    redactor = redactor or Redactor(())
    found, last_seq, unnumbered = [], 0, 0
    for line in lines:
        data = decode(line)
        if "result" in data:
            continue
        seq = _seq(data.get("seq"))
        last_seq, unnumbered = (seq, 0) if seq else (last_seq, unnumbered + 1)
        seq = seq or _made_up(last_seq, unnumbered, str(data.get("message")))
        found.append(_event(data, seq, attempt, now, redactor))
    return found


def decode(line: object) -> dict:
    """Return a line as a mapping; ``line`` may be a mapping, text or bytes of any kind."""
    if isinstance(line, dict):
        return line
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else str(line)
    text = text.rstrip("\r\n")
    if text.lstrip().startswith("{"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return {"message": text}
        return data if isinstance(data, dict) else {"message": text}
    return {"message": text}


def storable(text: str) -> str:
    """Return ``text`` without what PostgreSQL refuses: NUL bytes and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def shortened(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return ``text``, cut where it is longer than ``limit``, saying so."""
    return text if len(text) <= limit else text[:limit] + CUT % len(text)


def _event(data: dict, seq: int, attempt: int, now: datetime, redactor: Redactor) -> Event:
    message = data.get("message")
    message = message if isinstance(message, str) else json.dumps(message, default=str)
    level = data.get("level")
    return Event(
        attempt=_number(data.get("attempt")) or attempt,
        seq=seq,
        at=_moment(data.get("at"), now),
        level=level if level in LEVELS else "info",
        message=shortened(redactor.text(storable(message))),
        payload=_payload(data.get("payload"), redactor),
    )


def _payload(payload: object, redactor: Redactor) -> dict | None:
    if not isinstance(payload, dict) or not payload:
        return None
    text = json.dumps(redactor.value(_cleaned(payload)), default=str)
    if len(text) > MESSAGE_LIMIT:
        return {"cut": f"The payload had {len(text)} characters."}
    return json.loads(text, parse_constant=str)  # NaN and infinities are no JSON


def _cleaned(value: object) -> object:
    """Return a JSON value whose texts, keys included, can be stored."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def _moment(text: object, now: datetime) -> datetime:
    if not isinstance(text, str):
        return now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return now
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _number(value: object) -> int:
    return max(_seq(value), 0)


def _seq(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if -SEQ_LIMIT <= value <= SEQ_LIMIT else 0


def _made_up(last_seq: int, unnumbered: int, message: str) -> int:
    token = f"{last_seq} {unnumbered} {message}"
    return -1 - (zlib.crc32(token.encode("utf-8", "replace")) & SEQ_LIMIT >> 1)
