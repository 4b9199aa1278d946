"""What a message needs next: one move at a time, each safe to repeat."""

from dataclasses import dataclass

LOOK, POST, UPDATE, REPLY, NOTHING = "look", "post", "update", "reply", ""
METHODS = {
    LOOK: "conversations.history",
    POST: "chat.postMessage",
    UPDATE: "chat.update",
    REPLY: "chat.postMessage",
}
EVENT = "ipai_ops"


@dataclass(frozen=True)
class Standing:
    """How a message stands: ``in_doubt`` names a move whose answer never came."""

    ts: str = ""
    in_doubt: str = ""
    shown: str = ""
    wanted: str = ""
    lines: int = 0


def next_move(standing: Standing) -> str:
    """Return the next move, or NOTHING."""
    if standing.in_doubt:
        return LOOK
    if not standing.ts:
        return POST
    if standing.shown != standing.wanted:
        return UPDATE
    return REPLY if standing.lines else NOTHING


def marked(key: str) -> dict:
    """Return the metadata by which a message is found again when Slack's answer was lost."""
    return {"event_type": EVENT, "event_payload": {"key": key}}


def find(messages, key: str) -> str:
    """Return the timestamp of the message marked with ``key``, or an empty text."""
    for message in messages or ():
        payload = (message.get("metadata") or {}).get("event_payload") or {}
        if payload.get("key") == key:
            return message.get("ts") or ""
    return ""
