"""One line a step, with the time it took."""

import sys
import time
from contextlib import contextmanager

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Progress:
    """Prints what is being done; on a terminal the current line is rewritten in place."""

    def __init__(self, out=sys.stdout, clock=time.monotonic):
        self.out = out
        self.clock = clock
        self.is_terminal = out.isatty()
        self.started_at = clock()

    @contextmanager
    def step(self, label):
        """Show `label` while the block runs; the block may put a note in the dict it gets."""
        began = self.clock()
        self.rewrite(f"… {label}")
        outcome = {"note": ""}
        try:
            yield outcome
        except BaseException:
            self.line(f"✗ {label}", self.clock() - began)
            raise
        self.line(f"✓ {label}", self.clock() - began, outcome["note"])

    def line(self, text, seconds=None, note=""):
        """A finished line."""
        elapsed = "" if seconds is None else f" {seconds:7.1f} s"
        self._clear()
        self.out.write(f"{text:<44}{elapsed}  {note}".rstrip() + "\n")
        self.out.flush()

    def rewrite(self, text):
        """A passing line, shown on terminals only."""
        if not self.is_terminal:
            return
        self._clear()
        self.out.write(text)
        self.out.flush()

    def spin(self, text):
        """A passing line led by a spinner."""
        self.rewrite(f"{SPINNER[int(self.clock() * 10) % len(SPINNER)]} {text}")

    def total_seconds(self):
        return self.clock() - self.started_at

    def _clear(self):
        if self.is_terminal:
            self.out.write("\r\033[K")
