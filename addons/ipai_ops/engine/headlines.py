"""How a run is put into words and per cent for people."""

from collections.abc import Sequence
from dataclasses import dataclass

WORDS = {
    "deploy": ("deploy", "Deploying", "Deployed"),
    "restart": ("restart", "Restarting", "Restarted"),
    "destroy": ("destroy", "Destroying", "Destroyed"),
    "collect": ("clean up", "Cleaning up", "Cleaned up"),
    "backup": ("back up", "Backing up", "Backed up"),
    "prove": ("prove the backup", "Proving the backup", "Backup proven"),
    "drill": ("rehearse the recovery", "Rehearsing the recovery", "Recovery rehearsed"),
    "restore": ("restore", "Restoring", "Restored"),
    "rollback": ("roll back", "Rolling back", "Rolled back"),
    "export": ("export", "Exporting", "Exported"),
    "base": ("take a base backup", "Taking a base backup", "Base backup taken"),
    "watch": ("look at the archive", "Looking at the archive", "Archive looked at"),
    "measure": ("measure the disk", "Measuring the disk", "Disk measured"),
    "stop": ("stop", "Stopping", "Stopped"),
    "shell": ("run a command", "Running a command", "Command ran"),
    "database_shell": ("run SQL", "Running SQL", "SQL ran"),
    "forget": ("remove old backups", "Removing old backups", "Old backups removed"),
}
OVER = frozenset({"done", "skipped"})


@dataclass(frozen=True)
class Share:
    """A step's part in the run's progress; ``progress`` from 0 to 1, seconds 0 when unknown."""

    state: str
    progress: float = 0.0
    predicted_seconds: float = 0.0


def register(kind: str, plain: str, present: str, past: str) -> None:
    """Teach the headlines another addon's kind of run."""
    WORDS[kind] = (plain, present, past)


def percent(state: str, steps: Sequence[Share]) -> float:
    """Return how far a run is, from 0 to 100, long steps counting for more."""
    if state == "done":
        return 100.0
    weights = [max(step.predicted_seconds, 1.0) for step in steps]
    done = sum(weight * _part(step) for weight, step in zip(weights, steps, strict=True))
    return round(100 * done / sum(weights), 1) if weights else 0.0


def headline(
    kind: str,
    state: str,
    commit: str = "",
    step: str = "",
    waiting_for: str = "",
    cause: str = "",
    tests: int = 0,
) -> str:
    """Return one line such as ``Deploying 3f2c1a7 · update modules``.

    ``tests``: how many of the repository's tests passed; 0 where none were asked for.
    """
    plain, present, past = WORDS.get(kind, (kind, kind.capitalize(), kind.capitalize()))
    subject = f" {commit[:7]}" if commit and kind == "deploy" else ""
    if state == "blocked":
        return _joined(f"Waiting for approval to {plain}{subject}", waiting_for)
    if state == "queued":
        return _joined(f"Waiting to {plain}{subject}", waiting_for)
    if state == "running":
        return _joined(f"{present}{subject}", waiting_for or _lowered(step))
    if state == "done":
        return _joined(f"{past}{subject}", _passed(tests))
    words = {"failed": "failed", "cancelled": "was cancelled", "superseded": "was superseded"}
    return _joined(f"{plain.capitalize()}{subject} {words.get(state, state)}", cause)


def _part(step: Share) -> float:
    if step.state in OVER:
        return 1.0
    return min(max(step.progress, 0.0), 1.0) if step.state == "running" else 0.0


def _passed(tests: int) -> str:
    if not tests:
        return ""
    return "1 test passed" if tests == 1 else f"{tests} tests passed"


def _joined(first: str, second: str) -> str:
    return f"{first} · {second}" if second else first


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
