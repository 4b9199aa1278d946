"""A job's voice: JSON lines on stdout, each kept in the spool first."""

import json
import sys
import threading
from datetime import datetime, timezone

from .spool import Spool

LONGEST_MESSAGE = 8000
LEVELS = ("debug", "info", "warning", "error")


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


class Events:
    """Emits numbered events and the final result; never loses a line that it was given."""

    def __init__(self, spool: Spool, fence: str, *, blank=str, out=None, now=utc_now, last_seq=0):
        self._spool = spool
        self._fence = fence
        self._blank = blank
        self._out = out or sys.stdout
        self._now = now
        self._seq = last_seq
        self._lock = threading.RLock()
        self._spool_works = True
        self.counts = dict.fromkeys(LEVELS, 0)

    def debug(self, message: str, payload: dict | None = None) -> None:
        self.say("debug", message, payload)

    def info(self, message: str, payload: dict | None = None) -> None:
        self.say("info", message, payload)

    def warning(self, message: str, payload: dict | None = None) -> None:
        self.say("warning", message, payload)

    def error(self, message: str, payload: dict | None = None) -> None:
        self.say("error", message, payload)

    def progress(self, fraction: float, message: str) -> None:
        """Tell how far the step is: 0.0 to 1.0."""
        self.say("info", message, {"progress": round(min(max(fraction, 0.0), 1.0), 3)})

    def say(self, level: str, message: str, payload: dict | None = None) -> None:
        """One event; a message too long for one log frame becomes several, nothing is cut off."""
        for number, part in enumerate(_parts(self._blank(message))):
            extra = {**(payload or {}), **({"continued": True} if number else {})}
            self._event(level, part, extra)

    def result(self, facts: dict) -> None:
        """The last line of a job. `facts` holds "ok" and the verb's answer, or cause and hint."""
        with self._lock:
            line = self._numbered({"fence": self._fence, "result": self._blanked(facts)})
            self._write(line, keep=True)

    def repeat(self, line: str) -> None:
        """Print a line of the spool again, unchanged."""
        with self._lock:
            self._print(line)

    def _event(self, level: str, message: str, payload: dict) -> None:
        with self._lock:
            self.counts[level] += 1
            place = {"step": self._spool.step, "attempt": self._spool.attempt}
            line = self._numbered({**place, "level": level, "message": message})
            if payload:
                line["payload"] = self._blanked(payload)
            self._write(line, keep=level in ("warning", "error"))

    def _blanked(self, value):
        if isinstance(value, str):
            return self._blank(value)
        if isinstance(value, dict):
            return {self._blank(str(key)): self._blanked(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._blanked(item) for item in value]
        return value

    def _numbered(self, rest: dict) -> dict:
        self._seq += 1
        stamp = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"seq": self._seq, "at": stamp, **rest}

    def _write(self, line: dict, keep: bool) -> None:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        error = self._to_spool(text, keep)
        self._print(text)
        if error:
            self.warning(
                f"The spool cannot be written ({error}): from here on, lines are only in this log."
            )

    def _to_spool(self, text: str, keep: bool) -> str:
        if not self._spool_works:
            return ""
        try:
            self._spool.write(text, keep)
        except OSError as error:
            self._spool_works = False
            return error.strerror or str(error)
        return ""

    def _print(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def _parts(message: str) -> list[str]:
    text = message.encode("utf-8", "replace").decode()
    starts = range(0, max(len(text), 1), LONGEST_MESSAGE)
    return [text[start : start + LONGEST_MESSAGE] for start in starts]
