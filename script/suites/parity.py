"""script/parity: writes docs/parity.md, the table of features, from the tests that hold them.

A row works when a marked test holds it on real parts and nothing is written under what it lacks; the
results are those of the last run that was kept (``script/test --keep``).
"""

import ast
import json
import re
import sys
from pathlib import Path

from .catalog import RESULT

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "parity.md"
ROWS = Path(__file__).with_name("parity.json")
SIMULATED = (
    "tests/engine/",
    "addons/",
)  # no real Docker, PostgreSQL server of targets, browser or forge
IN_ODOO = "tests/addons/test_in_odoo.py::test_every_test_that_is_written_has_run"
IN_BROWSER = "tests/browser/test_hoot.py::test_the_javascript_unit_tests_pass"
JAVASCRIPT = re.compile(r'test\.tags\(((?:"parity-[\w.]+",?\s*)+)\)?[^;]*?\(\s*"([^"]+)"')
HEAD = """# What works, row by row

Made by `script/parity` from the marks in the tests; do not edit it. *Works*: a test holds it on real parts and
nothing is known to be missing. *Partly*: the last column says what is missing. {results}

{counts}
"""


def sections():
    """Return the rows by section, as they are written in parity.json."""
    return json.loads(ROWS.read_text(encoding="utf-8"))


def marks():
    """Return {row: [tests that are marked with it]}, a test as ``path::name``."""
    found = {}
    for path in sorted([*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("addons/*/tests/test_*.py")]):
        for rows, name in _python_marks(path):
            for row in rows:
                found.setdefault(row, []).append(f"{path.relative_to(ROOT)}::{name}")
    for path in sorted(ROOT.glob("addons/*/static/tests/*.test.js")):
        for tags, name in JAVASCRIPT.findall(path.read_text(encoding="utf-8")):
            for row in re.findall(r"parity-([\w.]+)", tags):
                found.setdefault(row, []).append(f"{path.relative_to(ROOT)}::{name}")
    return found


def _python_marks(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for mark in getattr(node, "decorator_list", ()):
            if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "parity":
                yield [argument.value for argument in mark.args], node.name


def result_of(test, results):
    """Return how a marked test ended in the kept run: passed, failed, skipped, or an empty text."""
    if test.startswith("addons/"):
        test = IN_BROWSER if ".test.js::" in test else IN_ODOO
    return results.get(test, "")


def state_of(row, tests, results):
    """Return Works, Partly, Missing, or Failing."""
    if any(result_of(test, results) == "failed" for test in tests):
        return "Failing"
    if not tests:
        return "Missing"
    is_real = any(not test.startswith(SIMULATED) for test in tests)
    return "Works" if is_real and not row["lacks"] else "Partly"


def page(kept):
    """Return the page; ``kept`` is the content of tests/measured/whole.json, or None."""
    held, results = marks(), (kept or {}).get("tests", {})
    lines, counts = [], {"Works": 0, "Partly": 0, "Missing": 0, "Failing": 0}
    for section in sections():
        lines += ["", f"## {section['section']}", "", "| | feature | state | held by | lacks |"]
        lines.append("|---|---|---|---|---|")
        for row in section["rows"]:
            tests = held.get(row["id"], [])
            state = state_of(row, tests, results)
            counts[state] += 1
            lines.append(_line(row, tests, state, results))
    said = ", ".join(f"{name.lower()} {count}" for name, count in counts.items() if count)
    return HEAD.format(results=_said_of(kept), counts=f"In all: {said}.") + "\n".join(lines) + "\n"


def _said_of(kept):
    if not kept:
        return "No run of all tests has been kept yet."
    scope = "everything, chaos matrix and real index included" if kept["is_all"] else "all suites"
    return f"Results are of {kept['date']} ({scope}); a test without a mark passed."


def _line(row, tests, state, results):
    held = "<br>".join(f"`{test}`{_mark(result_of(test, results), results)}" for test in tests)
    return f"| {row['id']} | {row['feature']} | {state} | {held} | {row['lacks']} |"


def _mark(result, results):
    if not results or result == "passed":
        return ""
    return f" ({result or 'not run'})"


def kept_result():
    """Return the kept run's result, or None."""
    return json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else None


def main():
    """Write the page; say how many rows are in which state."""
    text = page(kept_result())
    PAGE.write_text(text, encoding="utf-8")
    print(re.search(r"^In all: .*$", text, re.MULTILINE).group())
    return 0


if __name__ == "__main__":
    sys.exit(main())
