"""Messages in Block Kit: a run, an alert, a single fact, a digest, a thread's lines, a test."""

from collections.abc import Sequence
from dataclasses import dataclass

from .text import BUTTON_LIMIT, MESSAGE_LIMIT, SECTION_LIMIT, cut, escape, link, seconds

MARKS = {
    "queued": ":hourglass_flowing_sand:",
    "blocked": ":raised_hand:",
    "running": ":large_blue_circle:",
    "done": ":large_green_circle:",
    "failed": ":red_circle:",
    "cancelled": ":white_circle:",
    "superseded": ":white_circle:",
}
YELLOW = ":large_yellow_circle:"
LABELS = {
    "approve": ("Approve", "primary"),
    "reject": ("Reject…", "danger"),
    "rollback": ("Roll back…", None),
    "retry": ("Retry", None),
}
ASKED_BEFORE = {
    "approve": ("Approve this run?", "It begins as soon as every approval is there.", "Approve"),
    "retry": ("Run it again?", "The same work on the same commit.", "Retry"),
}
MOST_ROWS = 20


@dataclass(frozen=True)
class RunCard:
    """What a message tells of a run; ``buttons`` are names of LABELS, ``value`` is what they carry."""

    headline: str
    state: str
    colour: str = "none"
    url: str = ""
    place: str = ""
    stage: str = ""
    commit: str = ""
    subject: str = ""
    requested_by: str = ""
    cause: str = ""
    hint: str = ""
    waiting_for: str = ""
    duration_seconds: float = 0.0
    value: str = ""
    buttons: tuple[str, ...] = ()


def run(card: RunCard, mention: str = "") -> dict:
    """Return the one message of a run, as it stands now."""
    mark = YELLOW if (card.state, card.colour) == ("done", "yellow") else MARKS.get(card.state, "")
    title = f"{mark} *{link(card.url, card.headline)}*"
    blocks = [section(_joined(title, mention)), context(_facts(card))]
    if card.cause and card.state == "failed":
        blocks.append(section(_joined(f"> {escape(card.cause)}", escape(card.hint), by="\n")))
    if card.waiting_for and card.state == "blocked":
        blocks.append(section(f"> {escape(card.waiting_for)}"))
    if card.buttons:
        blocks.append(_buttons(card))
    return message(f"{card.headline} — {card.place}", blocks)


def _facts(card):
    commit = card.commit and f"`{card.commit[:7]}` {escape(card.subject)}".strip()
    who = card.requested_by and f"by {escape(card.requested_by)}"
    took = card.duration_seconds and seconds(card.duration_seconds)
    place = card.place and f"*{escape(card.place)}*"
    return _joined(place, escape(card.stage), commit, who, took, by=" · ")


def _buttons(card):
    return {"type": "actions", "elements": [_button(name, card.value) for name in card.buttons]}


def _button(name, value):
    label, style = LABELS[name]
    button = {"type": "button", "action_id": f"ops_{name}", "value": value}
    button["text"] = plain(cut(label, BUTTON_LIMIT))
    if style:
        button["style"] = style
    if name in ASKED_BEFORE:
        title, text, confirm = ASKED_BEFORE[name]
        words = {"title": title, "text": text, "confirm": confirm, "deny": "Not now"}
        button["confirm"] = {key: plain(said) for key, said in words.items()}
    return button


def note(line: str, url: str = "", mention: str = "") -> dict:
    """Return a message of one line: an alert, a backup, anything that is no run."""
    said = _joined(line, url and link(url, "Open"), mention)
    return message(line, [section(said)])


@dataclass(frozen=True)
class Digest:
    """``counts`` are (words, number) in the order they are told; ``rows`` are lines of mrkdwn."""

    title: str
    counts: Sequence[tuple[str, int]] = ()
    rows: Sequence[str] = ()


def digest(what: Digest, mention: str = "") -> dict:
    """Return the summary of a quiet night, an hour or a day; every line of it is in the thread."""
    told = " · ".join(f"*{number}* {escape(words)}" for words, number in what.counts if number)
    shown = list(what.rows[:MOST_ROWS])
    if len(what.rows) > MOST_ROWS:
        shown.append(f"… and {len(what.rows) - MOST_ROWS} more")
    blocks = [section(_joined(f"*{escape(what.title)}*", mention))]
    blocks += [section(told)] if told else []
    blocks += [section("\n".join(shown))] if shown else []
    return message(what.title, blocks)


def batch(lines: Sequence[str]) -> tuple[dict, int]:
    """Return a thread's next message and how many of the ``lines`` it holds: at least one."""
    taken, size = 0, 0
    for line in lines:
        size += len(line) + 1
        if taken and size > SECTION_LIMIT:
            break
        taken += 1
    text = "\n".join(lines[:taken])
    return message(text, [section(text)]), taken


def hello(place: str) -> dict:
    """Return the message of a test."""
    said = f":wave: This channel hears of {escape(place)} from Odoo. It works."
    return message(said, [section(said)])


def shortened(full: dict) -> dict:
    """Return a message without its layout, short enough for Slack whatever it held."""
    return {"text": cut(full["text"], SECTION_LIMIT), "blocks": []}


def message(text: str, blocks: Sequence[dict]) -> dict:
    """Return a message; ``text`` is what notifications and screen readers say."""
    return {"text": cut(text, MESSAGE_LIMIT), "blocks": list(blocks)}


def section(text: str) -> dict:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text or " ", SECTION_LIMIT)}}


def context(text: str) -> dict:
    element = {"type": "mrkdwn", "text": cut(text or " ", SECTION_LIMIT)}
    return {"type": "context", "elements": [element]}


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text, "emoji": True}


def _joined(*parts, by=" "):
    return by.join(part for part in parts if part)
