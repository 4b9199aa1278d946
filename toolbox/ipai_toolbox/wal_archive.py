"""The archive of a cluster's WAL and base backups, through pgBackRest, as PostgreSQL's own user."""

import json
import os
import pwd
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from .outcome import Failure
from .process import Finished, capture, stream

ARCHIVE = Path("/ipai/wal")
STANZA = "main"
SECONDS = 6 * 3600
USER = "postgres"
NO_STANZA = ("missing stanza path", "no valid backups", "unable to open missing file")


def run_pgbackrest(say, *words: str) -> Finished:
    """Run one command to its end. Raises Failure with its first complaint."""
    command = ["pgbackrest", f"--stanza={STANZA}", *words]
    done = stream(command, say, timeout_seconds=SECONDS, env=environment(), user=user())
    if not done.is_ok:
        raise explain(done)
    return done


def info() -> dict:
    """What the archive holds, as pgBackRest tells it. Raises Failure when it is empty."""
    command = ["pgbackrest", f"--stanza={STANZA}", "info", "--output=json"]
    done = capture(command, timeout_seconds=120, env=environment(), user=user())
    if not done.is_ok:
        raise explain(done)
    known = json.loads(done.output or "[]")
    if not known or not known[0].get("backup"):
        raise Failure(
            "The archive has no base backup yet", "Take one: the schedule does it every night"
        )
    return known[0]


def reach() -> tuple[datetime, datetime]:
    """The oldest and the newest time that can be restored. Raises Failure."""
    oldest = min(backup["timestamp"]["stop"] for backup in info()["backup"])
    newest = max((path.stat().st_mtime for path in _segments()), default=oldest)
    return _time(oldest), _time(max(newest, oldest))


def cluster_bytes() -> int:
    """How large the whole cluster was when it was backed up last. Raises Failure."""
    return info()["backup"][-1]["info"]["size"]


def _segments() -> Iterator[Path]:
    """Archived WAL: files named by timeline and position, and not history or backup labels."""
    for path in (ARCHIVE / "archive" / STANZA).glob("*/*/*"):
        if path.name[:24].isalnum() and len(path.name) > 24 and ".backup" not in path.name:
            yield path


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user() -> pwd.struct_passwd | None:
    """Whom these programs must run as: files of a cluster belong to its own user."""
    return pwd.getpwnam(USER) if os.getuid() == 0 else None


def environment() -> dict[str, str]:
    path = os.environ.get("PATH", "/usr/bin:/bin")
    return {"PATH": f"/usr/lib/postgresql/18/bin:{path}", "LC_ALL": "C.UTF-8", "HOME": "/tmp"}


def explain(done: Finished) -> Failure:
    """The end of a pgBackRest command as a Failure."""
    text = (done.output + done.errors).lower()
    errors = [line for line in (done.output + done.errors).splitlines() if "ERROR" in line]
    reason = (errors or ["no reason"])[0].partition("ERROR:")[2].strip() or "no reason"
    if done.timed_out:
        return Failure("The archive took too long", "Check its disk, then retry")
    if "no space left" in text:
        return Failure("The disk of the WAL archive is full", "Free space there, then retry")
    if any(words in text for words in NO_STANZA):
        return Failure(
            f"The archive holds nothing that could be restored: {reason}",
            "Check that the production server archives its WAL (docs/recovery.md)",
        )
    return Failure(f"The archive cannot be used: {reason}", "Read the log, then retry the run")
