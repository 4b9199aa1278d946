"""Run the measurements and write the table: of the parts that are named, or of all."""

import argparse
import sys
import traceback
from importlib import import_module
from pathlib import Path

from . import database
from .results import IN_PROCESS, ON_THE_INSTANCE, PARTS, USUAL, keep, kept, module_of, page

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "benchmarks.md"


def main(arguments):
    """Measure, print and write; the exit status is 1 when a target was missed or a part failed."""
    wanted = _wanted(arguments)
    database.configure()
    failed = [part for part in wanted.parts if not _is_measured(part)]
    results = [result for part in PARTS if (result := kept(part))]
    TABLE.write_text(page(results), encoding="utf-8")
    for part in failed:
        print(f"{part} failed: its rows are those of an earlier run.", file=sys.stderr)
    return 0 if all(row.is_met for result in results for row in result.rows) and not failed else 1


def _wanted(arguments):
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="only what runs in this process")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page again")
    wanted = parser.parse_args(arguments)
    unknown = set(wanted.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    usual = () if wanted.page else IN_PROCESS if wanted.quick else USUAL
    wanted.parts = wanted.parts or usual
    return wanted


def _is_measured(part):
    """Measure one part, keep and print its rows; one that fails does not stop the others."""
    try:
        rows = _rows(part)
    except Exception:
        traceback.print_exc()
        return False
    keep(part, rows)
    for row in rows:
        print(f"{row.what}: {row.figure} ({row.baseline}; target {row.target})", flush=True)
    return True


def _rows(part):
    name, gigabytes = module_of(part)
    module = import_module(f"bench.{name}")
    if gigabytes:
        return module.rows(gigabytes)
    if part in ON_THE_INSTANCE:
        return module.rows()
    addons = getattr(module, "ADDONS", "ipai_ops")
    with database.environment(f"bench_{part}", str(ROOT / "script" / "odoo"), addons) as env:
        return module.rows(env)


sys.exit(main(sys.argv[1:]))
