"""The message a workflow receives: version 1, described by ``data/message.v1.schema.json``."""

import json

VERSION = 1


def body(message_id: str, fact: dict) -> str:
    """Return the message about a fact as JSON, keys in order: the same fact, the same bytes."""
    message = {"version": VERSION, "id": message_id, "fact": fact}
    return json.dumps(message, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def execution_of(answer_text: str) -> str:
    """Return the id of n8n's execution where the workflow answered with it."""
    try:
        said = json.loads(answer_text)
    except ValueError:
        return ""
    value = said.get("executionId") if isinstance(said, dict) else None
    return str(value) if value else ""
