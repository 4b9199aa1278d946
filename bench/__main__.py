"""Run the measurements and write the table: of the parts that are named, or of all."""

import argparse
import json
import os
import platform
import sys
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from . import database
from .measure import Row, as_markdown

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "benchmarks.md"
IN_PROCESS = (
    "ingest",
    "tick",
    "screens",
    "slack",
    "masking",
    "audit",
    "outbox",
    "latency",
    "modules",
)
ON_THE_INSTANCE = ("deploys", "sso", "backup")
INTRODUCTION = """# Benchmarks

Made by `script/bench` on {when}, {cores} cores, Python {python}. Each figure stands beside its
baseline of the same run; the ratio is what carries over to other machines.

In the overhead of a deploy, a job lasts from the service Docker is given to its container's end; the
scheduling in between is Docker's.

"""


def main(arguments):
    """Measure, print and write; the exit status is 1 when a target was missed or a part failed."""
    wanted = _wanted(arguments)
    database.configure()
    failed = [part for part in wanted.parts if not _is_measured(part, wanted.large)]
    rows = [row for part in (*IN_PROCESS, *ON_THE_INSTANCE) for row in _kept(part)]
    TABLE.write_text(_page(rows), encoding="utf-8")
    for part in failed:
        print(f"{part} failed: its rows are those of an earlier run.", file=sys.stderr)
    return 0 if all(row.is_met for row in rows) and not failed else 1


def _wanted(arguments):
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    every = (*IN_PROCESS, *ON_THE_INSTANCE)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {', '.join(every)}")
    parser.add_argument("--quick", action="store_true", help="only what runs in this process")
    parser.add_argument("--large", action="store_true", help="backups of 5 GB instead of 1")
    wanted = parser.parse_args(arguments)
    unknown = set(wanted.parts) - set(every)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    wanted.parts = wanted.parts or (IN_PROCESS if wanted.quick else every)
    return wanted


def _is_measured(part, is_large):
    """Measure one part, keep and print its rows; one that fails does not stop the others."""
    try:
        rows = _rows(part, is_large)
    except Exception:
        traceback.print_exc()
        return False
    _file(part).parent.mkdir(exist_ok=True)
    _file(part).write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
    for row in rows:
        print(f"{row.what}: {row.figure} ({row.baseline}; target {row.target})", flush=True)
    return True


def _rows(part, is_large):
    module = import_module(f"bench.{part}")
    if part == "backup":
        return module.rows(module.LARGE_GIGABYTES if is_large else module.USUAL_GIGABYTES)
    if part in ON_THE_INSTANCE:
        return module.rows()
    addons = getattr(module, "ADDONS", "ipai_ops")
    with database.environment(f"bench_{part}", str(ROOT / "script" / "odoo"), addons) as env:
        return module.rows(env)


def _kept(part):
    """Return the rows of a part's last run here."""
    file = _file(part)
    return [Row(**row) for row in json.loads(file.read_text())] if file.exists() else []


def _file(part):
    return Path(os.environ["IPAI_STATE"], "bench", f"{part}.json")


def _page(rows):
    when = datetime.now(UTC).date().isoformat()
    head = INTRODUCTION.format(when=when, cores=os.cpu_count(), python=platform.python_version())
    return head + as_markdown(rows)


sys.exit(main(sys.argv[1:]))
