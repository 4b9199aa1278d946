"""script/test runs every suite once, side by side, and its sum is true."""

import subprocess
import sys
from pathlib import Path

import pytest
from suites import catalog, changed, outcome
from suites.catalog import Engine, Suite
from suites.runner import Runner
from suites.schedule import next_suite

ROOT = Path(__file__).resolve().parents[2]


def suite(name, engine=Engine.UNUSED, paths=(), covers=("addons/",)):
    return Suite(name, paths, engine, covers=covers)


QUIET = suite("quiet")
SHARED, OTHER_SHARED = suite("shared", Engine.SHARED), suite("other", Engine.SHARED)
KILLER, OTHER_KILLER = suite("killer", Engine.EXCLUSIVE), suite("stack", Engine.EXCLUSIVE)


@pytest.mark.parametrize(
    ("waiting", "running", "expected"),
    [
        ([SHARED, QUIET], [], SHARED),
        ([SHARED], [OTHER_SHARED], SHARED),
        ([SHARED, KILLER], [], KILLER),
        ([SHARED, KILLER, QUIET], [OTHER_KILLER], QUIET),
        ([SHARED, KILLER], [SHARED], None),
        ([KILLER], [SHARED], None),
        ([KILLER, QUIET], [SHARED], QUIET),
        ([KILLER], [QUIET], KILLER),
        ([OTHER_KILLER], [KILLER], None),
        ([SHARED], [KILLER], None),
        ([], [QUIET], None),
    ],
)
def test_nothing_uses_the_engine_beside_a_suite_that_kills_it(waiting, running, expected):
    assert next_suite(waiting, running) is expected


def test_every_test_file_belongs_to_exactly_one_suite():
    files = [*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("toolbox/tests/**/test_*.py")]
    assert len(files) > 80
    for path in (str(path.relative_to(ROOT)) for path in files):
        owners = [one.name for one in catalog.SUITES if _runs(one, path)]
        assert len(owners) == 1, f"{path}: {owners}"


def _runs(one, path):
    is_ignored = any(option == f"--ignore={path}" for option in one.options)
    return path.startswith(one.paths) and not is_ignored


def test_a_change_asks_for_the_suites_that_cover_it():
    def names(*paths):
        return {one.name for one in changed.suites_for(paths, catalog.SUITES)}

    assert names("docs/access.md") == {"style"}
    assert names("addons/ipai_auth_oidc/models/provider.py") >= {"oidc", "addons", "engine"}
    assert "stack" not in names("addons/ipai_auth_oidc/models/provider.py")
    assert names("tests/n8n/conftest.py") == {"style", "n8n"}
    assert names() == set()


def test_a_change_is_found_whether_committed_or_not(tmp_path):
    def git(*words):
        config = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", *config, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    (tmp_path / "old").write_text("old")
    git("add", ".")
    git("commit", "--quiet", "-m", "old")
    git("checkout", "--quiet", "-b", "mine")
    (tmp_path / "committed").write_text("new")
    git("add", ".")
    git("commit", "--quiet", "-m", "new")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "fresh").write_text("new")
    (tmp_path / "old").write_text("changed")
    assert changed.changed_paths(tmp_path) == ["committed", "folder/fresh", "old"]


TESTS = """
import pytest
def test_passes(): assert True
def test_passes_too(): assert True
@pytest.mark.skip(reason="not here")
def test_skipped(): assert False
"""


@pytest.fixture
def run(tmp_path):
    """Run suites made of these sources; return their outcomes by name and what was printed."""

    def act(**sources):
        suites = []
        for name, source in sources.items():
            path = tmp_path / f"test_{name}.py"
            path.write_text(source)
            suites.append(Suite(name, (str(path),), options=("-p", "no:cacheprovider")))
        said = []
        outcomes = Runner(suites, tmp_path / "log", {}, said.append).run()
        return {one.name: one for one in outcomes}, "\n".join(said)

    return act


def test_outcomes_count_what_passed_failed_and_was_skipped(run):
    outcomes, said = run(good=TESTS, bad=TESTS + "def test_fails(): assert 'red' == 'green'\n")
    good, bad = outcomes["good"], outcomes["bad"]
    assert (good.passed, good.failed, good.skipped, good.is_good) == (2, 0, 1, True)
    assert (bad.passed, bad.failed, bad.skipped, bad.is_good) == (2, 1, 1, False)
    assert "assert 'red' == 'green'" in said, "the output of a suite that failed is printed"
    assert "test_skipped" not in said.partition("✗")[0], "the output of one that passed is not"
    assert outcome.closing_line(outcomes.values()) == "4 passed, 1 failed, 2 skipped"


@pytest.mark.parametrize(
    "source",
    [
        "",
        "import nothing_of_that_name",
        "import os\nos._exit(0)",
        "import os\nos.kill(os.getpid(), 9)",
    ],
)
def test_a_suite_that_ran_nothing_has_failed(run, source):
    outcomes, _said = run(broken=source)
    assert not outcomes["broken"].is_good
    assert outcomes["broken"].failed >= 1


def test_no_word_from_a_suite_is_a_failure(tmp_path):
    assert not outcome.read("gone", tmp_path / "gone.xml", 1.0, 0).is_good


def test_the_command_says_how_it_is_used():
    done = subprocess.run(
        [sys.executable, "-m", "suites", "--help"],
        cwd=ROOT / "script",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "--changed" in done.stdout
    assert "--all" in done.stdout
