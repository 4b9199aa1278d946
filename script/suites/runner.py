"""Runs suites side by side, each in a pytest process of its own with its output in a file."""

import os
import subprocess
import sys
import threading
import time

from . import outcome
from .catalog import Engine
from .schedule import next_suite

ROWS = 3  # two cores: while one row waits for Docker or a browser, the third works
DURATIONS = "15"
STEP_BACK = ("nice", "-n", "10")  # for suites that fill the gaps of those which wait for Docker


class Runner:
    """Runs a list of suites; ``say`` prints one line."""

    def __init__(self, suites, folder, environment, say, rows=ROWS):
        self.waiting = list(suites)
        self.running, self.outcomes = [], []
        self.folder, self.environment, self.say, self.rows = folder, environment, say, rows
        self.changed = threading.Condition()

    def run(self):
        """Run all suites; return their outcomes in the order they ended."""
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = [threading.Thread(target=self._row) for _number in range(self.rows)]
        for row in rows:
            row.start()
        for row in rows:
            row.join()
        return self.outcomes

    def _row(self):
        while suite := self._take():
            ended = self._execute(suite)
            with self.changed:
                self.running.remove(suite)
                self.outcomes.append(ended)
                self.changed.notify_all()

    def _take(self):
        """Return the suite this row runs next; None when nothing is left for it."""
        with self.changed:
            while self.waiting:
                suite = next_suite(self.waiting, self.running)
                if suite:
                    self.waiting.remove(suite)
                    self.running.append(suite)
                    return suite
                self.changed.wait()
        return None

    def _execute(self, suite):
        report, log = self.folder / f"{suite.name}.xml", self.folder / f"{suite.name}.log"
        report.unlink(missing_ok=True)
        first = STEP_BACK if suite.engine is Engine.UNUSED else ()
        words = [*first, sys.executable, "-m", "pytest", f"--durations={DURATIONS}"]
        began = time.monotonic()
        self.say(f"… {suite.name}")
        with log.open("wb") as output:
            done = subprocess.run(
                [*words, f"--junitxml={report}", *suite.words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                check=False,
            )
        ended = outcome.read(suite.name, report, time.monotonic() - began, done.returncode)
        self._tell(ended, log)
        return ended

    def _tell(self, ended, log):
        mark = "✓" if ended.is_good else "✗"
        counts = f"{ended.passed} passed, {ended.failed} failed, {ended.skipped} skipped"
        self.say(f"{mark} {ended.name:<12} {ended.seconds / 60:5.1f} min  {counts}")
        if not ended.is_good:
            self.say(log.read_text(encoding="utf-8", errors="replace"))
