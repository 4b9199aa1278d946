"""What is wrong with a call is said in a sentence, and nothing is said of a call that fits."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipai_ops.engine import call_form, call_values

KINDS = {"name": "char", "count": "integer", "size": "float", "at": "datetime", "is_on": "boolean"}
FIELDS = {name: SimpleNamespace(type=kind, comodel_name=None) for name, kind in KINDS.items()}
FIELDS["place"] = SimpleNamespace(type="many2one", comodel_name="ops.x")
FIELDS["lines"] = SimpleNamespace(type="one2many", comodel_name="ops.x")
MODELS = {"ops.x": FIELDS}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)

FITS = (
    {},
    {"name": "x", "count": 7, "size": 1, "at": "2026-01-31 23:59:00", "is_on": True},
    {"name": False, "place": 7, "lines": []},
    {"place": [7, "x"], "lines": [[4, 7], [5], [6, 0, [7, 8]], [0, 0, {"name": "x"}]]},
    {"place": {"id": 7, "name": "x"}, "lines": [[1, 7, {"place": 8}], [2, 7], [3, 7, 0]]},
    {"place": {"id": False, "name": "x"}, "lines": [[0, "virtual_1", {"count": 1}]]},
)
DOES_NOT = (
    ({"nosuch": 1}, "no field"),
    ({"count": "x"}, "whole number"),
    ({"count": 10**12}, "whole number"),
    ({"size": float("inf")}, "number"),
    ({"name": ["x"]}, "text"),
    ({"at": "soon"}, "time"),
    ({"place": True}, "id"),
    ({"place": "7"}, "id"),
    ({"place": {"id": [7]}}, "id"),
    ({"place": {"id": 7, "nosuch": 1}}, "no field"),
    ({"lines": 7}, "commands"),
    ({"lines": [7]}, "commands"),
    ({"lines": [[9, 7]]}, "commands"),
    ({"lines": [[True, 7]]}, "commands"),
    ({"lines": [[4, "7"]]}, "commands"),
    ({"lines": [[0, 0, {"place": {"id": "7"}}]]}, "id"),
    ([], "object"),
)


@pytest.mark.parametrize("values", FITS)
def test_values_that_fit_are_not_complained_of(values):
    assert call_values.unfit_values(MODELS, "ops.x", values) is None


@pytest.mark.parametrize(("values", "said"), DOES_NOT)
def test_values_that_do_not_fit_are_named(values, said):
    assert said in call_values.unfit_values(MODELS, "ops.x", values)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": ["b\0"]}, "NUL"),
        ({"a\0": 1}, "NUL"),
        (["\ud800"], "surrogate"),
        ([float("nan")], "number"),
        ([2**63], "too large"),
    ],
)
def test_what_no_database_takes_is_found_at_any_depth(value, said):
    assert said in call_values.unclean(value)


def nested(depth):
    return [nested(depth - 1)] if depth else "x"


def test_depth_has_an_end():
    assert call_values.unclean(nested(50)) is None
    assert "deeper" in call_values.unclean(nested(100))


def method(self, project, run_id, vals=None, domain=(), limit=None, after_id=0, fields=None):
    """Stand for a method of a model."""


def wrong(*args, ids=(), **kwargs):
    return call_form.wrong_call(MODELS, "ops.x", method, ids, list(args), kwargs)


def test_a_call_that_fits_is_not_complained_of():
    given = {"vals": {"name": "x"}, "domain": ["|", ["name", "=", 1], ["place.x", "in", [1]]]}
    assert wrong("acme", 7, **given, limit=5, fields=["name"], context={"lang": "de_DE"}) is None
    assert wrong(3, 7, ids=[1, 2]) is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({}, "arguments"),
        ({"project": "x", "run_id": 1, "more": 1}, "arguments"),
        ({"project": [], "run_id": 1}, "project"),
        ({"project": "x", "run_id": None}, "run_id"),
        ({"project": "x", "run_id": True}, "run_id"),
        ({"project": "x", "run_id": 1, "after_id": None}, "after_id"),
        ({"project": "x", "run_id": 1, "limit": -1}, "limit"),
        ({"project": "x", "run_id": 1, "domain": 7}, "domain"),
        ({"project": "x", "run_id": 1, "domain": [["nosuch", "=", 1]]}, "nosuch"),
        ({"project": "x", "run_id": 1, "fields": [7]}, "fields"),
        ({"project": "x", "run_id": 1, "ids": [True]}, "ids"),
        ({"project": "x", "run_id": 1, "ids": "x"}, "ids"),
        ({"project": "x", "run_id": 1, "context": 7}, "context"),
        ({"project": "x", "run_id": 1, "context": {"lang": 7}}, "lang"),
    ],
)
def test_what_does_not_fit_a_call_is_named(call, said):
    assert said in wrong(**call)


def create(self, vals_list, operation="read"):
    """Stand for a method of a model that cannot do without its values."""


@pytest.mark.parametrize("call", [{"vals_list": None}, {"vals_list": False}, {"vals_list": 7}])
def test_values_that_are_none_are_named(call):
    assert "vals_list" in call_form.wrong_call(MODELS, "ops.x", create, (), [], call)


@pytest.mark.parametrize(("operation", "is_known"), [("write", True), ("x", False), (7, False)])
def test_an_operation_is_one_of_four(operation, is_known):
    call = {"vals_list": [], "operation": operation}
    said = call_form.wrong_call(MODELS, "ops.x", create, (), [], call)
    assert said is None if is_known else "operation" in said


@settings(max_examples=200, deadline=None)
@given(ids=JSON, args=st.lists(JSON, max_size=3), values=JSON, domain=JSON, context=JSON)
def test_no_call_at_all_is_a_crash(ids, args, values, domain, context):
    said = wrong(*args, ids=ids, vals=values, domain=domain, context=context)
    assert said is None or said.endswith(".")
    call_values.unfit_values(MODELS, "ops.x", dict.fromkeys(FIELDS, values))
