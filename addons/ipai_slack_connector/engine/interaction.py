"""What a person pressed or filled in: Slack's payloads as plain facts.

Shapes: docs.slack.dev, "Interaction payloads", block_actions and view_submission.
"""

from dataclasses import dataclass, field

BUTTONS = ("approve", "reject", "rollback", "retry", "deploy")
PREFIX = "ops_"


class Malformed(Exception):
    """The payload is not what Slack documents."""


@dataclass(frozen=True)
class Interaction:
    """``kind``: button, form or other. ``action``: one of BUTTONS, or the form's name."""

    kind: str
    team: str
    user: str
    action: str = ""
    value: str = ""
    channel: str = ""
    response_url: str = ""
    trigger_id: str = ""
    answers: dict = field(default_factory=dict)


def read(payload) -> Interaction:
    """Return what happened; raise Malformed for what no Slack would send."""
    if not isinstance(payload, dict):
        raise Malformed("The payload is no object.")
    try:
        return _read(payload)
    except (KeyError, TypeError, AttributeError, IndexError) as exc:
        raise Malformed("The payload is not one of Slack's.") from exc


def _read(payload):
    kind, user = _text(payload["type"]), payload["user"]
    team = (payload.get("team") or {}).get("id") or user.get("team_id") or ""
    common = {"team": _text(team), "user": _text(user["id"])}
    if kind == "block_actions":
        return _button(payload, common)
    if kind == "view_submission":
        return _form(payload["view"], payload, common)
    return Interaction("other", **common)


def _button(payload, common):
    action = payload["actions"][0]
    name = _text(action["action_id"])
    if not name.startswith(PREFIX) or name.removeprefix(PREFIX) not in BUTTONS:
        return Interaction("other", **common)
    return Interaction(
        "button",
        action=name.removeprefix(PREFIX),
        value=_text(action.get("value") or ""),
        channel=_text((payload.get("channel") or {}).get("id") or ""),
        response_url=_text(payload.get("response_url") or ""),
        trigger_id=_text(payload.get("trigger_id") or ""),
        **common,
    )


def _form(view, payload, common):
    name = _text(view["callback_id"])
    if not name.startswith(PREFIX):
        return Interaction("other", **common)
    metadata = _text(view.get("private_metadata") or "")
    value, _bar, channel = metadata.partition("|")
    return Interaction(
        "form",
        action=name.removeprefix(PREFIX),
        value=value,
        channel=channel,
        trigger_id=_text(payload.get("trigger_id") or ""),
        answers={
            key: _answer(element)
            for block in view["state"]["values"].values()
            for key, element in block.items()
        },
        **common,
    )


def _answer(element):
    option = element.get("selected_option") or {}
    return _text(option.get("value") or element.get("value") or "")


def _text(value):
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def run_value(run_id: int, fingerprint: str) -> str:
    """Return what a button carries: the run, and the order a person saw."""
    return f"{run_id}:{(fingerprint or '')[:12]}"


def run_of(value: str) -> tuple[int, str]:
    """Return run and fingerprint of a button's value; raise Malformed for anything else."""
    number, _colon, fingerprint = value.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Malformed("The button names no run.")
    return int(number), fingerprint
