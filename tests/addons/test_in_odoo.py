"""The addons' own tests, inside a real Odoo: all of them run, and the log stays clean."""

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 2400
STARTED = re.compile(r"odoo\.addons\.(\w+)\.tests\.(\w+): Starting (\w+\.test_\w+)")
ENDED = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
pytestmark = pytest.mark.timeout(TIMEOUT_SECONDS + 60)
# What Debian's package of Odoo says of itself, whatever addon is installed.
NOT_OURS = ("selfie_segmentation", "Running as user 'root'")


def odoo(*words):
    """Run script/odoo on a database of its own; return its exit status and its log."""
    environment = {key: value for key, value in os.environ.items() if key != "IPAI_PLATFORM"}
    done = subprocess.run(
        [ROOT / "script" / "odoo", *words, "--stop-after-init", "--http-port", "28169"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def addons():
    return sorted(path.parent.name for path in (ROOT / "addons").glob("*/__manifest__.py"))


@pytest.fixture(scope="module")
def tested(addons):
    """Install all addons in a fresh database with their tests; return the exit status and log."""
    tags = ",".join(f"/{name}" for name in addons)
    drop()  # an interrupted call leaves its database, and installed addons are not tested again
    yield odoo("-d", "ipai_addons_test", "-i", ",".join(addons), "--test-tags", tags)
    drop()


def drop():
    """Drop the tests' database, where there is one."""
    socket = Path(os.environ["IPAI_STATE"]) / "postgres"
    command = ["dropdb", "--force", "--if-exists", "-h", str(socket), "ipai_addons_test"]
    subprocess.run(command, timeout=60, check=True)


def test_the_addons_tests_pass_inside_odoo(tested):
    status, log = tested
    failed, errors, ran = (int(number) for number in ENDED.findall(log)[-1])
    assert (failed, errors, status) == (0, 0, 0), log[-8000:]
    assert ran >= len(written())


def test_every_test_that_is_written_has_run(tested):
    missing = written() - set(STARTED.findall(tested[1]))
    assert not missing, "not imported by tests/__init__.py, not tagged, or no Odoo test case"


def written():
    """Return the tests of the addons as (addon, module, Class.method)."""
    return {
        (path.parents[1].name, path.stem, f"{case.name}.{test.name}")
        for path in (ROOT / "addons").glob("*/tests/test_*.py")
        for case in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(case, ast.ClassDef)
        for test in case.body
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
    }


def test_no_addon_says_a_warning_while_it_is_installed_and_tested(tested):
    lines = [
        line for line in tested[1].splitlines() if re.search(r" (WARNING|ERROR|CRITICAL) ", line)
    ]
    assert not [line for line in lines if not any(known in line for known in NOT_OURS)]
