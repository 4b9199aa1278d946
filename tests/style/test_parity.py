"""The table of features says what the marks in the tests say."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))

from suites import outcome, parity  # noqa: E402

IDS = [row["id"] for section in parity.sections() for row in section["rows"]]
REAL, SIMULATED = "tests/integration/test_a.py::test_a", "tests/engine/test_b.py::test_b"


def test_the_page_is_the_one_that_the_marks_make():
    written = parity.PAGE.read_text(encoding="utf-8")
    assert written == parity.page(parity.kept_result()), "run script/parity"


def test_every_row_is_listed_once_and_every_mark_names_a_row():
    assert len(IDS) == len(set(IDS)) == 100
    assert len([row for row in IDS if re.match(r"\d", row)]) == 60
    held = parity.marks()
    assert set(held) <= set(IDS)
    assert len(held) > 40


@pytest.mark.parametrize(
    ("tests", "lacks", "results", "state"),
    [
        ([], "", {}, "Missing"),
        ([REAL], "", {}, "Works"),
        ([REAL], "A half.", {}, "Partly"),
        ([SIMULATED], "", {}, "Partly"),
        ([SIMULATED, REAL], "", {REAL: "passed"}, "Works"),
        ([SIMULATED, REAL], "", {REAL: "failed"}, "Failing"),
        (["addons/ipai_ops/tests/test_c.py::test_c"], "", {parity.IN_ODOO: "failed"}, "Failing"),
    ],
)
def test_a_row_works_only_when_a_test_holds_it_on_real_parts(tests, lacks, results, state):
    assert parity.state_of({"lacks": lacks}, tests, results) == state


def test_what_is_missing_says_so():
    held = parity.marks()
    silent = [row for section in parity.sections() for row in section["rows"] if not row["lacks"]]
    assert not [row["id"] for row in silent if row["id"] not in held]


def test_a_javascript_test_is_marked_by_its_tags():
    source = 'test.tags("parity-9.2", "parity-4.9")("a card follows", async () => {});'
    [(tags, name)] = parity.JAVASCRIPT.findall(source)
    assert (re.findall(r"parity-([\w.]+)", tags), name) == (["9.2", "4.9"], "a card follows")


def test_results_are_read_by_test_and_a_failed_case_counts(tmp_path):
    report = tmp_path / "one.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="tests.a.test_b" name="test_c[1]" />'
        '<testcase classname="tests.a.test_b" name="test_c[2]"><failure /></testcase>'
        '<testcase classname="tests.a.test_b" name="test_d"><skipped /></testcase>'
        '<testcase classname="tests.a.test_b" name="test_e" />'
        '<testcase classname="tests.a.test_b" name="test_unnamed" />'
        "</testsuite></testsuites>"
    )
    named = {f"tests/a/test_b.py::test_{letter}" for letter in "cdef"}
    assert outcome.by_test(report, named) == {
        "tests/a/test_b.py::test_c": "failed",
        "tests/a/test_b.py::test_d": "skipped",
        "tests/a/test_b.py::test_e": "passed",
    }
