"""Each model is declared once: what it is made of stands where it is defined, whatever is imported first.

Odoo merges the class bodies of a model, and the one that was imported last wins. So within an addon no
two bodies of a model define the same name: then no order of imports changes what a model does.
"""

import ast
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

ADDONS = Path(__file__).resolve().parents[2] / "addons"
NAMES = sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))
SAID_BY_EACH = {"_name", "_inherit"}


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
