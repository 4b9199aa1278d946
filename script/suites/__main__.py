"""script/test after the set-up: all suites, those a change asks for, or everything there is."""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from . import changed, outcome
from .catalog import SUITES
from .runner import Runner

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "tests" / "measured" / "whole.json"
EVERYTHING = {"IPAI_CHAOS": "all", "IPAI_LONG": "1"}
BUDGET_MINUTES = 85  # CI ends a run after 90


def main():
    """Run what was asked for; the exit status is 0 when every suite passed within the budget."""
    parser = argparse.ArgumentParser(prog="script/test", description=__doc__)
    parser.add_argument("--changed", action="store_true", help="only what the change touches")
    parser.add_argument(
        "--all", action="store_true", help="with the whole chaos matrix, the real index, long data"
    )
    options = parser.parse_args()
    suites = SUITES
    if options.changed:
        suites = changed.suites_for(changed.changed_paths(ROOT), SUITES)
    began = time.monotonic()
    folder = Path(os.environ["IPAI_STATE"]) / "log" / "tests"
    outcomes = Runner(suites, folder, EVERYTHING if options.all else {}, _say).run()
    minutes = (time.monotonic() - began) / 60
    if options.all:
        _keep(outcomes, minutes)
    return _report(outcomes, minutes, is_bounded=not options.all)


def _say(line):
    print(line, flush=True)


def _report(outcomes, minutes, is_bounded):
    is_late = is_bounded and minutes > BUDGET_MINUTES
    for line in outcome.table(outcomes):
        _say(line)
    _say(f"{minutes:.1f} minutes")
    if is_late:
        _say(
            f"That is over the budget of {BUDGET_MINUTES} minutes: make the longest suites faster."
        )
    _say(outcome.closing_line(outcomes))
    return 1 if is_late or not all(one.is_good for one in outcomes) else 0


def _keep(outcomes, minutes):
    """Write the result of a run of everything to the repository."""
    rows = {
        one.name: {
            "passed": one.passed,
            "failed": one.failed,
            "skipped": one.skipped,
            "minutes": round(one.seconds / 60, 1),
        }
        for one in sorted(outcomes, key=lambda one: one.name)
    }
    result = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "minutes": round(minutes, 1), "suites": rows}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
