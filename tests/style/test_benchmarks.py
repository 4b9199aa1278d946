"""The page of the benchmarks says what was measured, nothing else."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def test_the_page_is_made_of_what_was_measured():
    from bench.results import PARTS, kept, page

    results = [result for part in PARTS if (result := kept(part))]
    assert len(results) >= len(PARTS) - 1  # a new part is measured where the machine is quiet
    assert all(result.rows for result in results)
    written = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert written == page(results), "make it again: script/bench --page"
