"""What a key lets through: permissions, places, addresses."""

import pytest
from ipai_ops.engine.key_scope import KeyScope, is_allowed_from, permissions_of

OFFICE = "203.0.113.0/24\n2001:db8:40::/48"


def scope(**values):
    facts = {"key_id": 1, "name": "CI", "user_id": 7, "permissions": permissions_of("deploy")}
    return KeyScope(**{**facts, **values})


def test_to_see_is_always_one_of_the_permissions():
    assert permissions_of("deploy,logs") == {"view", "deploy", "logs"}
    assert permissions_of(None) == permissions_of("") == {"view"}


def test_what_is_granted_and_named_is_let_through():
    granted = {("view", "production"), ("deploy", "staging"), ("destroy", "staging")}
    assert scope().narrowed(granted) == {("view", "production"), ("deploy", "staging")}


def test_no_list_of_places_is_all_and_an_empty_one_is_none():
    everywhere, nowhere = scope(), scope(projects=frozenset(), environments=frozenset())
    assert everywhere.reaches_project(3)
    assert everywhere.reaches_environment(5)
    assert not nowhere.reaches_project(3)
    assert not nowhere.reaches_environment(5)
    assert scope(projects=frozenset({3})).reaches_project(3)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.7", True),
        ("::ffff:203.0.113.7", True),
        ("2001:db8:40::1", True),
        ("203.0.114.7", False),
        ("not an address", False),
        ("", False),
        (None, False),
    ],
)
def test_only_networks_of_the_list_are_let_in(address, expected):
    assert is_allowed_from(OFFICE, address) is expected


def test_without_a_list_a_key_is_used_from_anywhere():
    assert is_allowed_from(None, "192.0.2.1")
    assert is_allowed_from("", None)
