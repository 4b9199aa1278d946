"""An export of the audit trail: whatever is cut, changed, moved or put in is found from the file alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_ops.engine.audit_chain import FIELDS, GENESIS, linked, private_key, public_text, signed
from ipai_ops.engine.audit_export import Scope, export_lines, sentence, verify_export

KEY, OTHER = private_key("a key file's text"), private_key("another instance's")
PUBLIC = public_text(KEY)
AT = "2026-01-31T10:00:00Z"
VERIFIER = Path(__file__).resolve().parents[2] / "script/audit-verify"
HEAD, CHECKPOINTS = 1, 2


def exported(key=KEY, count=6, start=1, seen=(3, 6), more=None, text="ü"):
    """Return an export's lines: a head, two checkpoints, rows ``start`` to ``count``, the end."""
    rows = [(n, *[text] * (len(FIELDS) - 1)) for n in range(1, count + 1)]
    links = list(linked(0, GENESIS, rows))
    checkpoints = [signed(key, n, links[n - 1].hash, AT) for n in seen if start <= n <= count]
    before = links[start - 2].hash if start > 1 else GENESIS
    scope = Scope(start, before, count, links[-1].hash, **(more or {}))
    return list(export_lines(key, scope, checkpoints, links[start - 1 :], AT))


def problem(lines):
    return verify_export(lines, PUBLIC).problem


def test_an_untouched_export_is_whole_with_or_without_line_ends():
    lines = exported()
    for form in (lines, [f"{line}\n" for line in lines]):
        verdict = verify_export(form, PUBLIC)
        assert sentence(verdict) == "Whole: 6 rows, the last is row 6."


def test_a_part_says_which_and_verifies_from_its_first_row():
    more = {"since": "2026-01-01", "until": "2026-02-01"}
    verdict = verify_export(exported(start=4, more=more), PUBLIC)
    assert sentence(verdict) == (
        "A part of the trail, from 2026-01-01 until 2026-02-01, whole in itself: 3 rows, rows 4 to 6."
    )


def test_rows_cut_off_with_the_newest_checkpoint_are_missed():
    lines = exported()
    kept = [line for number, line in enumerate(lines) if number != CHECKPOINTS]
    assert problem(kept[:-3]) == ("Row 5 is missing: the export was signed for rows 1 to 6.")
    assert problem([*kept[:-3], lines[-1]]).startswith("Row 5 is missing")


def test_an_export_of_the_head_alone_is_not_whole():
    assert problem(exported()[:1]) == "Row 1 is missing: the export was signed for rows 1 to 6."


def test_an_end_taken_off_is_missed():
    assert problem(exported()[:-1]) == "The export is cut off behind row 6: it has no end."


def test_an_old_checkpoint_taken_out_is_missed():
    lines = exported()
    assert "not those that the end was signed for" in problem([lines[0], *lines[2:]])


def test_an_unknown_name_inside_an_entry_or_beside_it_is_named():
    for place, name in (("entry", "remark"), (None, "note")):
        lines = exported()
        row = json.loads(lines[5])
        (row[place] if place else row)[name] = "put in"
        lines[5] = json.dumps(row)
        assert problem(lines) == f"Line 6 has something that is not signed: “{name}”."


def test_a_name_given_twice_or_taken_out_is_named():
    lines = exported()
    lines[5] = lines[5].replace('"login"', '"login": "mallory", "login"')
    assert problem(lines) == "Line 6 names something twice."
    lines = exported()
    row = json.loads(lines[5])
    del row["entry"]["login"]
    lines[5] = json.dumps(row)
    assert problem(lines) == "Line 6 lacks “login”: it was taken out."


def test_rows_in_another_order_or_twice_are_named():
    lines = exported()
    lines[4], lines[5] = lines[5], lines[4]
    assert problem(lines) == "Row 2 is not at its place."
    lines = exported()
    assert problem([*lines[:5], lines[4], *lines[5:]]) == "Row 3 is not at its place."


def test_lines_of_another_instance_are_named():
    mine, theirs = exported(), exported(OTHER, text="theirs")
    assert problem(theirs).startswith("The head does not bear this key's signature")
    assert problem([theirs[0], *mine[1:]]).startswith("The head does not bear")
    assert "does not bear the key's signature" in problem([mine[0], theirs[1], *mine[2:]])
    assert problem([*mine[:5], theirs[5], *mine[6:]]) == "Row 3 was altered."
    assert problem([*mine[:-1], theirs[-1]]).startswith("The end does not bear")


def test_the_end_of_another_export_of_the_same_trail_does_not_fit():
    mine, longer = exported(), exported(count=7)
    assert "another export's" in problem([*mine[:-1], longer[-1]])
    assert problem([longer[0], *mine[1:]]).startswith("Row 7 is missing")


def test_what_stands_behind_the_end_is_named():
    assert problem([*exported(), "{}"]) == "Line 11 stands behind the export's end: it was put in."


def test_an_export_without_signed_ends_never_counts_as_whole():
    lines = exported()
    old = [json.dumps({"ipai_audit": 1, "public_key": PUBLIC, "fields": FIELDS}), *lines[1:-1]]
    assert problem(old).startswith("Rows up to 6 hold, but whether more followed cannot be said")
    assert problem(old[:1]).startswith("Rows up to 0 hold, but")


@given(data=st.data())
def test_no_single_change_of_any_byte_or_line_goes_unnoticed(data):
    lines = exported()
    number = data.draw(st.integers(0, len(lines) - 1))
    what = data.draw(st.sampled_from(["drop", "double", "change", "swap"]))
    changed = list(lines)
    if what == "drop":
        del changed[number]
    if what == "double":
        changed.insert(number, changed[number])
    if what == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        changed[number], changed[other] = changed[other], changed[number]
    if what == "change":
        place = data.draw(st.integers(0, len(lines[number]) - 1))
        letter = data.draw(st.characters(blacklist_categories=["Cs"]))
        changed[number] = lines[number][:place] + letter + lines[number][place + 1 :]
    if changed == lines:
        return
    try:
        assert problem(changed)
    except ValueError as exc:
        assert "no export" in str(exc)


def test_another_file_is_refused():
    for text in (json.dumps({"some": "thing"}), "no JSON", "[]"):
        with pytest.raises(ValueError, match="no export"):
            verify_export([text], PUBLIC)


@pytest.mark.parametrize(("kept", "status"), [(None, 0), (-1, 1), (1, 1), (0, 2)])
def test_the_verifier_says_it_with_its_exit_status(tmp_path, kept, status):
    file = tmp_path / "audit.jsonl"
    file.write_text("".join(f"{line}\n" for line in exported()[:kept]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, VERIFIER, file, PUBLIC], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.strip()
