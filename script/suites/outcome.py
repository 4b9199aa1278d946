"""How a suite ended, read from pytest's own report."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Counts of one suite. ``exit_status`` is pytest's: 0 means that all ran and passed."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    exit_status: int = 0

    @property
    def is_good(self):
        return self.exit_status == 0 and self.failed == 0 and self.passed > 0

    def counts(self):
        """Return the counts and minutes as a result file keeps them."""
        counts = {"passed": self.passed, "failed": self.failed, "skipped": self.skipped}
        return {**counts, "minutes": round(self.seconds / 60, 1)}


def read(name, report, seconds, exit_status):
    """Return the outcome of a suite from its JUnit file; one that left none counts as one failure."""
    try:
        root = ElementTree.parse(report).getroot()  # noqa: S314 written by our own pytest
    except (OSError, ElementTree.ParseError):
        return Outcome(name, failed=1, seconds=seconds, exit_status=exit_status or 1)
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in root.iter("testsuite"):
        for key in totals:
            totals[key] += int(suite.get(key, 0))
    failed = totals["failures"] + totals["errors"]
    passed = max(totals["tests"] - failed - totals["skipped"], 0)
    if exit_status and not failed:  # interrupted, or nothing collected
        failed = 1
    return Outcome(name, passed, failed, totals["skipped"], seconds, exit_status)


def by_test(report, named):
    """Return {test: passed, failed or skipped} for the named tests, each as ``path::name``.

    A test with parameters failed when one of its cases did, and was skipped when all were.
    """
    if not report.exists():
        return {}
    found = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 as above
        name = case.get("name", "").partition("[")[0]
        test = f"{case.get('classname', '').replace('.', '/')}.py::{name}"
        if test in named:
            found.setdefault(test, set()).add(_ended(case))
    return {test: _of_all(ends) for test, ends in found.items()}


def _ended(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def _of_all(ends):
    return next(end for end in ("failed", "passed", "skipped") if end in ends)


def closing_line(outcomes):
    """Return the one line that sums all suites up."""
    passed, failed, skipped = (
        sum(getattr(one, key) for one in outcomes) for key in ("passed", "failed", "skipped")
    )
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def table(outcomes):
    """Return the lines of the table: suites with counts and minutes, the longest first."""
    rows = sorted(outcomes, key=lambda one: -one.seconds)
    head = f"{'suite':<12} {'minutes':>8} {'passed':>7} {'failed':>7} {'skipped':>8}"
    return [head, *(_row(one) for one in rows)]


def _row(one):
    return f"{one.name:<12} {one.seconds / 60:8.1f} {one.passed:7} {one.failed:7} {one.skipped:8}"
