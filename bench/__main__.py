"""Run the measurements and write the table."""

import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from . import database
from .measure import as_markdown

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
INTRODUCTION = """# Benchmarks

Made by `script/bench` on {when}, {cores} cores, Python {python}. Each figure stands beside its
baseline of the same run; the ratio is what carries over to other machines.

"""


def main(arguments):
    """Measure, print and write; the exit status is 1 when a target was missed."""
    rows = []
    database.configure()
    for name in IN_PROCESS:
        module = import_module(f"bench.{name}")
        addons = getattr(module, "ADDONS", "ipai_ops")
        with database.environment(f"bench_{name}", str(ROOT / "script" / "odoo"), addons) as env:
            rows += _told(module.rows(env))
    if "--quick" not in arguments:
        rows += _told(import_module("bench.deploys").rows())
        rows += _told(import_module("bench.sso").rows())
        backup = import_module("bench.backup")
        size = backup.LARGE_GIGABYTES if "--large" in arguments else backup.USUAL_GIGABYTES
        rows += _told(backup.rows(size))
    TABLE.write_text(_page(rows), encoding="utf-8")
    return 0 if all(row.is_met for row in rows) else 1


def _told(rows):
    for row in rows:
        print(f"{row.what}: {row.figure} ({row.baseline}; target {row.target})", flush=True)
    return rows


def _page(rows):
    when = datetime.now(UTC).date().isoformat()
    head = INTRODUCTION.format(when=when, cores=os.cpu_count(), python=platform.python_version())
    return head + as_markdown(rows)


sys.exit(main(sys.argv[1:]))
