"""script/test after the set-up: all suites, those a change asks for, or everything there is."""

import argparse
import json
import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from . import changed, outcome, parity
from .catalog import RESULT, ROOT, SUITES
from .runner import Runner

EVERYTHING = {"IPAI_CHAOS": "all", "IPAI_LONG": "1"}
BUDGET_MINUTES = 85  # CI ends a run after 90


def main():
    """Run what was asked for; the exit status is 0 when every suite passed within the budget."""
    parser = argparse.ArgumentParser(prog="script/test", description=__doc__)
    parser.add_argument("--changed", action="store_true", help="only what the change touches")
    parser.add_argument(
        "--all", action="store_true", help="with the whole chaos matrix, the real index, long data"
    )
    parser.add_argument(
        "--keep", action="store_true", help="write the result to tests/measured; --all does so too"
    )
    options = parser.parse_args()
    suites = SUITES
    if options.changed:
        suites = changed.suites_for(changed.changed_paths(ROOT), SUITES)
    began = time.monotonic()
    folder = Path(os.environ["IPAI_STATE"]) / "log" / "tests"
    outcomes = Runner(suites, folder, EVERYTHING if options.all else {}, _say).run()
    minutes = (time.monotonic() - began) / 60
    if options.all or options.keep:
        _keep(outcomes, minutes, folder, is_all=options.all)
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


def _keep(outcomes, minutes, folder, is_all):
    """Write counts per suite, and how each test ended that docs/parity.md names."""
    named = {test for tests in parity.marks().values() for test in tests}
    named |= {parity.IN_ODOO, parity.IN_BROWSER}
    results = {}
    for one in outcomes:
        results |= outcome.by_test(folder / f"{one.name}.xml", named)
    result = {
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "is_all": is_all,
        "minutes": round(minutes, 1),
        "suites": {one.name: one.counts() for one in sorted(outcomes, key=lambda one: one.name)},
        "tests": dict(sorted(results.items())),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
