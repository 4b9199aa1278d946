"""A fact as the connector sees it, and what it means to people: its line, its topic, its weight."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .text import cut, escape, seconds

LINE_LIMIT = 600
SECONDS_FIELDS = ("duration_seconds", "seconds")


@dataclass(frozen=True)
class Fact:
    """One row of the facts log; ``at`` is aware UTC, names are blank where a fact has no such place.

    ``data`` is what the fact itself brings, ``payload`` that and how its run stood.
    """

    id: int
    kind: str
    at: datetime
    project_id: int = 0
    environment_id: int = 0
    run_id: int = 0
    stage: str = ""
    place: str = ""
    payload: Mapping = field(default_factory=dict)
    data: Mapping = field(default_factory=dict)

    def get(self, name, default=""):
        value = self.payload.get(name)
        return default if value in (None, False) else value


def topic(fact: Fact) -> str:
    """Return what a fact belongs to: facts of one topic share one message."""
    if fact.kind.startswith("alert.") and fact.get("alert"):
        return f"alert:{fact.get('alert')}"
    if fact.run_id:
        return f"run:{fact.run_id}"
    return f"fact:{fact.id}"


def is_problem(fact: Fact) -> bool:
    """Say whether a fact asks for somebody: a failure, an alert, a question."""
    if fact.kind == "run.finished":
        return fact.get("state") == "failed" or fact.get("colour") in ("red", "yellow")
    return fact.kind in ("approval.asked", "alert.raised") or fact.kind.endswith(".failed")


def is_urgent(fact: Fact) -> bool:
    """Say whether a fact may wake people: production broke, a critical alert, a run that waits."""
    if fact.kind == "alert.raised":
        return fact.get("severity") == "critical"
    if fact.kind == "approval.asked":
        return fact.stage == "production"
    failed = fact.kind.endswith(".failed") or (
        fact.kind == "run.finished" and fact.get("state") == "failed"
    )
    return failed and fact.stage == "production"


def line(fact: Fact, with_place: bool = False) -> str:
    """Return a fact as one line of a thread, with its time; a run's own thread needs no place."""
    moment = int(fact.at.timestamp())
    clock = f"<!date^{moment}^{{time_secs}}|{fact.at:%H:%M:%S} UTC>"
    is_needed = fact.place and (with_place or not fact.run_id)
    place = f"{escape(fact.place)}: " if is_needed else ""
    return cut(f"{clock}  {place}{_said(fact)}", LINE_LIMIT).replace("\n", " ")


def _said(fact):
    words = WORDS.get(fact.kind)
    return words(fact) if words else f"{escape(fact.kind)}{_details(fact)}"


def _queued(fact):
    who = fact.get("requested_by") or fact.get("user") or fact.get("trigger")
    commit = str(fact.get("commit"))[:7]
    return _joined("Queued", who and f"by {escape(who)}", commit and f"`{escape(commit)}`")


def _finished(fact):
    state = fact.get("state", "done")
    mark = MARKS.get(fact.get("colour") if state == "done" else state, "")
    took = next((seconds(fact.get(name)) for name in SECONDS_FIELDS if fact.get(name)), "")
    after = took and f"after {took}"
    return _joined(mark, STATES.get(state, state).capitalize(), after, _because(fact))


def _because(fact):
    cause = fact.get("cause")
    return f"— {escape(cause)}" if cause else ""


def _decided(fact):
    decision = fact.get("decision") or fact.get("state") or "decided"
    who, reason = fact.get("user") or fact.get("by"), fact.get("reason")
    by = who and f"by {escape(who)}"
    return _joined(escape(decision).capitalize(), by, reason and f"— {escape(reason)}")


def _asked(fact):
    why = fact.get("why")
    return _joined("Waits for approval", why and f"— {escape(why)}")


def _alert_raised(fact):
    said = fact.get("name") or fact.get("message")
    severity = escape(fact.get("severity", "warning"))
    return _joined(":rotating_light:", f"Alert ({severity}):", escape(said))


def _build(fact):
    colour = fact.get("colour")
    before = fact.get("colour_before")
    was = f"(before: {escape(before)})" if before not in ("", "none", colour) else ""
    return _joined(MARKS.get(colour, ""), f"The build is {escape(colour) or 'over'}", was)


def _details(fact):
    pairs = [(key, value) for key, value in fact.data.items() if value or type(value) is int]
    shown = ", ".join(f"{escape(key)}: {escape(value)}" for key, value in pairs[:6])
    return f" — {shown}" if shown else ""


def _joined(*parts):
    return " ".join(part for part in parts if part)


def _plain(words):
    return lambda fact: _joined(words, _because(fact))


STATES = {
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "superseded": "superseded by a newer run",
}
MARKS = {
    "green": ":large_green_circle:",
    "yellow": ":large_yellow_circle:",
    "red": ":red_circle:",
    "failed": ":red_circle:",
    "cancelled": ":white_circle:",
    "superseded": ":white_circle:",
}
WORDS = {
    "run.queued": _queued,
    "run.started": _plain("Started"),
    "run.finished": _finished,
    "run.cancelled": _plain("Cancelled"),
    "run.superseded": _plain("Superseded by a newer run"),
    "approval.asked": _asked,
    "approval.decided": _decided,
    "backup.proven": _plain(":white_check_mark: Backup restored and booted: it is proven"),
    "backup.failed": _plain(":red_circle: Backup failed"),
    "archive.failed": _plain(":red_circle: Times cannot be asked for any more"),
    "build.finished": _build,
    "alert.raised": _alert_raised,
    "alert.acknowledged": _plain(":eyes: Somebody looks after it"),
    "alert.silenced": _plain(":no_bell: Silenced"),
    "alert.resolved": _plain(":white_check_mark: Alert resolved"),
    "environment.created": _plain("Environment made"),
    "environment.destroyed": _plain("Environment destroyed"),
}
