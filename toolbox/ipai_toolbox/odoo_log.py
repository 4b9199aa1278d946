"""Reads Odoo's log: one event per record (a traceback stays with its record), and the facts in it."""

import re
from dataclasses import dataclass, field

from .events import Events

HEADER = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>\S+): (?P<text>.*)$"
)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PERFORMANCE = re.compile(r" (?:- - -(?: -)?|\d+ \d+\.\d+ \d+\.\d+(?: \S+)?)\s*$")
LOADING = re.compile(
    r"^(?:\x1b\S+?m)*Loading module (?P<module>\S+) \((?P<number>\d+)/(?P<total>\d+)\)"
)
FILE = re.compile(r"loading (?P<file>\w+/\S+)$")
TOTALS = re.compile(
    r"(?P<failed>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<run>\d+) tests when loading database"
)
FAILED_TEST = re.compile(r"^(?:FAIL|ERROR): (?P<test>[^\n]+)")
TESTS_END = re.compile(r"Module \S+ loaded in|\d+ post-tests in")
LEVELS = {"DEBUG": "debug", "WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}
IDLE_CALLS = 2


@dataclass
class Facts:
    """What a run of Odoo said about itself. Warnings and errors of tests are not counted."""

    warnings: int = 0
    errors: int = 0
    tests_run: int | None = None
    tests_failed: int = 0
    last_file: str = ""
    failed_tests: list[str] = field(default_factory=list)
    error_messages: list[str] = field(default_factory=list)
    warning_messages: list[str] = field(default_factory=list)


class OdooLog:
    """Give it each line; it emits events and collects the facts."""

    def __init__(self, events: Events):
        self._events = events
        self._record: _Record | None = None
        self._idle = 0
        self._in_tests = False
        self.facts = Facts()

    def on_line(self, raw: str) -> None:
        self._idle = 0
        match = HEADER.match(COLOURS.sub("", raw))
        if match:
            self.flush()
            self._record = _Record(
                LEVELS.get(match["level"], "info"), match["logger"], [_shown(raw, match)]
            )
            return
        if self._record:
            self._record.lines.append(raw)
            return
        if raw.strip():
            self._events.info(raw)

    def on_idle(self) -> None:
        """Odoo is silent: its last record is complete."""
        self._idle += 1
        if self._idle >= IDLE_CALLS:
            self.flush()

    def flush(self) -> None:
        """Emit the record that was being collected."""
        record, self._record = self._record, None
        if record is None:
            return
        text = PERFORMANCE.sub("", COLOURS.sub("", record.lines[0]))
        text = "\n".join([text, *record.lines[1:]]).rstrip()
        shown = "\n".join([PERFORMANCE.sub("", record.lines[0]), *record.lines[1:]]).rstrip()
        self._notice(record, text)
        self._events.say(record.level, f"{record.logger}: {shown}", _payload(record, text))

    def _notice(self, record: "_Record", text: str) -> None:
        if record.logger.endswith((".loading", ".server")) and TESTS_END.match(text):
            self._in_tests = False
        if text.startswith("Starting ") and (
            ".tests." in record.logger or text == "Starting post tests"
        ):
            self._in_tests = True
        record.is_in_tests = self._in_tests or _is_about_tests(record, text)
        file = FILE.match(text) if record.logger.endswith(".loading") else None
        self.facts.last_file = file["file"] if file else self.facts.last_file
        self._notice_tests(record, text)
        if not record.is_in_tests:
            self._count(record, text)

    def _notice_tests(self, record: "_Record", text: str) -> None:
        failed = FAILED_TEST.match(text) if record.level == "error" else None
        if failed:
            self.facts.failed_tests.append(failed["test"].strip())
        totals = TOTALS.search(text)
        if totals:
            self.facts.tests_run = (self.facts.tests_run or 0) + int(totals["run"])
            self.facts.tests_failed += int(totals["failed"]) + int(totals["errors"])

    def _count(self, record: "_Record", text: str) -> None:
        if record.level == "warning":
            self.facts.warnings += 1
            self.facts.warning_messages.append(text)
        if record.level == "error":
            self.facts.errors += 1
            self.facts.error_messages.append(text)


@dataclass
class _Record:
    level: str
    logger: str
    lines: list[str]
    is_in_tests: bool = False


def _payload(record: _Record, text: str) -> dict | None:
    """Progress of the loading; the mark `tests` on what tests provoked, so that it colours nothing."""
    if record.is_in_tests and record.level in ("warning", "error"):
        return {"tests": True}
    match = LOADING.match(text)
    if not match or match["total"] == "1":
        return None
    return {"progress": round(0.05 + 0.85 * int(match["number"]) / int(match["total"]), 3)}


def _shown(raw: str, header: re.Match) -> str:
    """The text after the header, colours kept."""
    _before, found, text = raw.partition(f" {header['logger']}: ")
    return text if found else header["text"]


def _is_about_tests(record: _Record, text: str) -> bool:
    if ".tests." in record.logger or record.logger.endswith(".tests.result"):
        return True
    return text.startswith("At least one test failed") or bool(
        re.match(r"Module \S+: \d+ failures", text)
    )
