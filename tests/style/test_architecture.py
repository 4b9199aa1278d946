"""The rules of docs/architecture.md, asked of every file: who may import whom, and how long code is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPS = ROOT / "addons" / "ipai_ops"
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
USUAL_FUNCTION = 25
USUAL_SHARE = 0.9
NOT_SOURCE = {"__pycache__", "node_modules", ".git"}


def python_files(*folders):
    """Return the production Python files below ``folders``: tests have rules of their own."""
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return [path for path in files if not NOT_SOURCE & set(path.parts) and not is_test(path)]


def is_test(path):
    return "tests" in path.relative_to(ROOT).parts


def imports(path):
    """Return the absolute module names a file imports, relative ones resolved within the addon."""
    package = ("ipai_ops", *path.relative_to(OPS).parts[:-1]) if OPS in path.parents else ()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join((*base, node.module) if node.module else base)
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def offenders(files, *forbidden):
    """Return ``file imports module`` for each import of a forbidden module or package."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imports(path)
        if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)
    ]


def functions(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


SOURCES = python_files("addons", "toolbox", "script", "images", "deploy")


def test_there_is_something_to_check():
    assert len(SOURCES) > 60


def test_the_engine_touches_nothing():
    world = (
        "odoo",
        "docker",
        "requests",
        "subprocess",
        "socket",
        "urllib.request",
        "time",
        "random",
    )
    inside = ("ipai_ops.adapters", "ipai_ops.models", "ipai_ops.driver")
    assert not offenders(python_files("addons/ipai_ops/engine"), *world, *inside)


def test_the_engine_never_asks_the_clock():
    said = [
        f"{path.name}:{node.lineno}"
        for path in python_files("addons/ipai_ops/engine")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]
    assert not said


def test_models_and_controllers_do_not_touch_the_world():
    files = python_files(
        "addons/ipai_ops/models", "addons/ipai_ops/controllers", "addons/ipai_ops/wizards"
    )
    found = offenders(files, "ipai_ops.adapters", "subprocess", "docker", "requests")
    assert not [each for each in found if " imports ipai_ops.adapters.local" not in each]


def test_adapters_do_not_know_the_models():
    files = python_files("addons/ipai_ops/adapters")
    assert not offenders(files, "ipai_ops.models", "ipai_ops.driver", "odoo")


def test_only_adapters_import_docker():
    files = [path for path in python_files("addons") if "adapters" not in path.parts]
    assert not offenders(files, "docker")


def test_addons_keep_their_distance():
    addons = sorted(path.parent for path in (ROOT / "addons").glob("*/__manifest__.py"))
    for addon in addons:
        files = python_files(addon.relative_to(ROOT))
        others = [f"odoo.addons.{other.name}" for other in addons if other != addon]
        allowed = (
            {"odoo.addons.ipai_ops"} if addon.name not in ("ipai_ops", "ipai_auth_oidc") else set()
        )
        assert not offenders(files, *(set(others) - allowed))


def test_only_the_driver_commits():
    commits = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files("addons")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        and "journal" not in ast.unparse(node.func).lower()
        and path.name != "driver.py"
        and "testing" not in path.parts
    ]
    assert not commits


def test_no_command_goes_through_a_shell():
    shells = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "shell"
    ]
    assert not shells


def test_production_code_never_asks_whether_it_is_under_test():
    words = ("test_enable", "PYTEST_CURRENT_TEST", "modules.module.current_test", "in_test_mode")
    asked = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in SOURCES
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert not asked


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short(path):
    assert path.read_text(encoding="utf-8").count("\n") <= LONGEST_FILE
    assert not [name for name, length in functions(path) if length > LONGEST_FUNCTION]


def test_nine_functions_in_ten_fit_a_glance():
    lengths = [length for path in SOURCES for _name, length in functions(path)]
    assert sum(length <= USUAL_FUNCTION for length in lengths) / len(lengths) >= USUAL_SHARE


def test_the_doors_that_calls_pass_are_modules():
    source = (OPS / "http" / "call_guard.py").read_text(encoding="utf-8")
    named = re.findall(r'"((?:http|controllers|models)\.[\w.]+)"', source)
    missing = [
        name for name in named if not OPS.joinpath(*name.split(".")).with_suffix(".py").is_file()
    ]
    assert len(named) > 5 and not missing


def test_every_addon_has_an_icon_of_its_own_and_a_page():
    folders = [
        path.parent / "static" / "description"
        for path in (ROOT / "addons").glob("*/__manifest__.py")
    ]
    icons = {(folder / "icon.png").read_bytes() for folder in folders}
    assert len(icons) == len(folders) == 5
    for folder in folders:
        page = (folder / "index.html").read_text(encoding="utf-8")
        assert "<h2>Start</h2>" in page, folder
