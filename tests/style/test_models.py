"""Each model is declared once: what it is made of stands where it is defined, whatever is imported first.

Odoo merges the class bodies of a model, and the one that was imported last wins. So within an addon no
two bodies of a model define the same name: then no order of imports changes what a model does.
"""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

ADDONS = Path(__file__).resolve().parents[2] / "addons"
NAMES = sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))
SAID_BY_EACH = {"_name", "_inherit"}
PACKAGES = {path.parent for path in (ADDONS / "ipai_ops" / "models").glob("*/__init__.py")}
PART = re.compile(r"from \. import (?P<name>\w+)  # \w.*\w")
NOT_PARTS = {"__init__", "__pycache__"}


@dataclass(frozen=True)
class Body:
    """One class body of a model: ``defines`` holds the names it gives to methods, fields and settings."""

    model: str
    path: Path
    name: str
    parents: tuple
    is_definition: bool
    defines: frozenset

    def __str__(self):
        return f"{self.path.relative_to(ADDONS)}:{self.name}"


def said(node, name):
    """Return what a class says of ``_name`` or ``_inherit``, or None."""
    for part in node.body:
        targets = part.targets if isinstance(part, ast.Assign) else ()
        if any(isinstance(one, ast.Name) and one.id == name for one in targets):
            return ast.literal_eval(part.value)
    return None


def defined(node):
    for part in node.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            yield part.name
        elif isinstance(part, ast.Assign):
            yield from (one.id for one in part.targets if isinstance(one, ast.Name))
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id


def body(path, node):
    """Return the class as a Body, or None where it is no model."""
    name, parents = said(node, "_name"), said(node, "_inherit") or ()
    parents = (parents,) if isinstance(parents, str) else tuple(parents)
    if not name and not parents:
        return None
    model = name or parents[0]
    defines = frozenset(defined(node)) - SAID_BY_EACH
    return Body(model, path, node.name, parents, model not in parents, defines)


def bodies(addon):
    for path in sorted((ADDONS / addon).rglob("*.py")):
        if "tests" in path.relative_to(ADDONS).parts:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and (found := body(path, node)):
                yield found


def by_model(addon):
    found = defaultdict(list)
    for one in bodies(addon):
        found[one.model].append(one)
    return found


def imported(package):
    """Yield the names of the packages of models from which one imports."""
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 2 and node.module:
                yield node.module.split(".")[0]


@pytest.mark.parametrize("addon", NAMES)
def test_no_two_bodies_of_a_model_define_the_same_name(addon):
    twice = []
    for model, found in by_model(addon).items():
        defining = defaultdict(list)
        for one in found:
            for name in one.defines:
                defining[name].append(str(one))
        twice += [f"{model}.{name}: {who}" for name, who in defining.items() if len(who) > 1]
    assert not twice, "\n".join(sorted(twice))


@pytest.mark.parametrize("addon", NAMES)
def test_a_model_names_its_mixins_where_it_is_defined(addon):
    late = [
        str(one)
        for found in by_model(addon).values()
        for one in found
        if any(each.is_definition for each in found) and not one.is_definition
        if one.parents != (one.model,)
    ]
    assert not late


@pytest.mark.parametrize("addon", NAMES)
def test_a_model_of_ours_stays_in_its_package(addon):
    astray = []
    for found in by_model(addon).values():
        homes = {one.path.parent for one in found if one.is_definition}
        astray += [str(one) for one in found if homes and one.path.parent not in homes]
    assert not astray, "\n".join(astray)


@pytest.mark.parametrize("addon", NAMES)
def test_a_model_of_ours_is_defined_once(addon):
    models = by_model(addon)
    more = {name: [one for one in found if one.is_definition] for name, found in models.items()}
    assert not {name: [*map(str, found)] for name, found in more.items() if len(found) > 1}


@pytest.mark.parametrize("package", sorted(PACKAGES), ids=lambda path: path.name)
def test_a_package_says_what_each_of_its_parts_is_about(package):
    lines = (package / "__init__.py").read_text(encoding="utf-8").splitlines()
    parts = [PART.fullmatch(line) for line in lines if line.startswith("from")]
    assert all(parts), "from . import part  # what it is about"
    there = {path.stem for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    named = [part["name"] for part in parts]
    assert sorted(named) == sorted(there - NOT_PARTS)


def test_packages_of_models_import_each_other_in_one_direction():
    needs = {package.name: {*imported(package)} - {package.name} for package in PACKAGES}
    while needs:
        free = {name for name, others in needs.items() if not others & set(needs)}
        assert free, f"in a circle: {needs}"
        needs = {name: others for name, others in needs.items() if name not in free}


def test_the_addons_root_holds_what_runs_it_and_nothing_else():
    there = {path.name for path in (ADDONS / "ipai_ops").iterdir() if path.is_file()}
    assert there == {"__init__.py", "__manifest__.py", "driver.py"}
    loose = {path.name for path in (ADDONS / "ipai_ops/models").iterdir() if path.is_file()}
    assert loose == {"__init__.py", "constants.py", "key_file.py"}


def test_an_encrypted_field_is_told_its_own_name():
    wrong = []
    for addon in NAMES:
        for path in (ADDONS / addon).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                call = node.value if isinstance(node, ast.Assign) else None
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "encrypted":
                    said_name = ast.literal_eval(call.args[1])
                    wrong += [f"{path}:{node.lineno}"] if node.targets[0].id != said_name else []
    assert not wrong
