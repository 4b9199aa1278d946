"""Why an update failed, taken from what Odoo logged: one sentence, one hint."""

import re

from .odoo_log import Facts
from .outcome import Failure, sentence

READ_LOG = "Read the traceback in this run's log, correct the code and push again"
NAMES_SHOWN = 3


def explain_update(facts: Facts, exit_status: int, tail: str) -> Failure:
    """The failure of an Odoo run that ended with this exit status."""
    text = "\n".join([*facts.error_messages, tail])
    for explain in (
        _full_disk,
        _no_database,
        _missing_module,
        _missing_library,
        _bad_file,
        _import_error,
    ):
        failure = explain(text)
        if failure:
            return failure
    if facts.tests_failed or facts.failed_tests:
        return failed_tests(facts)
    if exit_status in (-9, 137):
        return Failure(
            "Odoo was killed while it updated, most likely because memory ran out",
            "Give the environment more memory, then retry",
        )
    reason = _reason(facts, tail)
    if "XMLSyntaxError" in reason and facts.last_file:
        return Failure(f"{facts.last_file} is not XML: {reason.partition(': ')[2]}", READ_LOG)
    return Failure(f"Odoo stopped with exit status {exit_status}: {reason}", READ_LOG)


def failed_tests(facts: Facts) -> Failure:
    """Names the tests that failed."""
    names = facts.failed_tests[:NAMES_SHOWN]
    more = len(facts.failed_tests) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    number = max(facts.tests_failed, len(facts.failed_tests))
    what = "1 test" if number == 1 else f"{number} tests"
    total = facts.tests_run if facts.tests_run is not None else number
    return Failure(
        f"{what} of {total} failed: {listed or 'see the log'}",
        "Read the failures in this run's log, correct the code and push again",
    )


def _full_disk(text: str) -> Failure | None:
    if "no space left on device" not in text.lower():
        return None
    return Failure(
        "The disk of the database server or the filestore is full", "Free space there, then retry"
    )


def _no_database(text: str) -> Failure | None:
    match = re.search(
        r"OperationalError: (?P<why>(?:connection to server|could not translate|FATAL:|SSL)[^\n]*)",
        text,
    )
    if not match:
        return None
    return Failure(
        f"The database server cannot be reached: {match['why']}",
        "Check that the database server of this environment runs, then retry",
    )


def _missing_module(text: str) -> Failure | None:
    match = re.search(
        r"module [\"'“](?P<module>\w+)[\"'”] that depends on(?: the)? module [\"'“](?P<needs>\w+)[\"'”]",
        text,
    )
    if not match:
        return None
    needs = match["needs"]
    return Failure(
        f"The module {match['module']} depends on {needs}, which is not in the image",
        f"Add odoo-addon-{needs} to requirements.txt, or the addon {needs} to the repository, or correct the name",
    )


def _missing_library(text: str) -> Failure | None:
    match = re.search(
        r"external dependency is not met: (?:Python library not installed: )?(?P<what>[^\n]+)", text
    )
    if match:
        module = re.search(
            r"[Uu]nable to (?:install|upgrade|process) module [\"'“](?P<name>\w+)", text
        )
        needs = f"The module {module['name']} needs" if module else "A module needs"
        return Failure(
            f"{needs} a library that is not in the image: {match['what'].strip()}",
            "Add it to requirements.txt (Python) or apt.txt (programs) and push again",
        )
    match = re.search(r"ModuleNotFoundError: No module named '(?P<what>[^']+)'", text)
    if not match or match["what"].startswith("odoo."):
        return None
    return Failure(
        f"The Python library {match['what']} is not in the image",
        "Add its distribution to requirements.txt and push again",
    )


def _bad_file(text: str) -> Failure | None:
    match = re.search(
        r"ParseError: while parsing (?P<file>[^\s,]+?):(?P<line>\d+)[^\n]*\n?(?P<why>[^\n]*)", text
    )
    if not match:
        return None
    file = match["file"].removeprefix("/opt/ipai/addons/")
    why = _inner_reason(text) or match["why"].strip() or "see the log"
    return Failure(f"{file}, line {match['line']} cannot be loaded: {why}", READ_LOG)


def _inner_reason(text: str) -> str:
    """The exception that another one was raised from: it says what is really wrong."""
    inner, found, _outer = text.rpartition("\n\nThe above exception was the direct cause")
    lines = [line.strip() for line in inner.splitlines() if line.strip()]
    return lines[-1].partition(": ")[2] if found and lines else ""


def _import_error(text: str) -> Failure | None:
    match = re.search(
        r'File "(?:/opt/ipai/addons/)?(?P<file>[^"]+)", line (?P<line>\d+)\n(?:(?!File )[^\n]*\n){0,3}?'
        r"(?P<why>SyntaxError: [^\n]+|IndentationError: [^\n]+)",
        text,
    )
    if not match:
        return None
    return Failure(f"{match['file']}, line {match['line']}: {match['why']}", READ_LOG)


def _reason(facts: Facts, tail: str) -> str:
    """The last meaningful line: normally the exception at the end of the last traceback."""
    text = facts.error_messages[-1] if facts.error_messages else tail
    lines = [
        line.strip()
        for line in text.splitlines()
        if line.strip() and not set(line.strip()) <= set("^~")
    ]
    return sentence(lines[-1]) if lines else "it gave no reason"
