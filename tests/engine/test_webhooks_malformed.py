"""A message that is not what its forge documents is refused in a sentence, whatever is wrong with it."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipai_ops.engine import webhooks
from test_webhooks_payloads import HEADERS, MEANINGS, message

PYTHONS_OWN = re.compile(r"NoneType|object has no|not subscriptable|KeyError|<class|Traceback")
WRONG = (None, 0, -1, 10**30, 1.5, True, [], [[]], {}, {"id": None}, "", "a\0b", "\ud800", "\n")
WRONG += ("x" * 20_000, "a..b")
EVENTS = ("push", "delete", "create", "pull_request", "Push Hook", "Merge Request Hook", "")


def outcome(forge, headers, body):
    """Return what the message means, or why not; anything else is a fault."""
    try:
        return forge.parse(headers, body)
    except webhooks.Malformed as refusal:
        said = str(refusal)
        assert said.endswith("."), said
        assert len(said) < 300, said
        assert not PYTHONS_OWN.search(said), said
        return None


def places(node, path=()):
    """Yield the way to each part of a message, the message itself first."""
    yield path
    parts = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, part in parts:
        yield from places(part, (*path, key))


def put(node, path, value):
    """Return the message with another value in one place."""
    if not path:
        return value
    key, *rest = path
    copy = list(node) if isinstance(node, list) else dict(node)
    copy[key] = put(node[key], rest, value)
    return copy


def assert_storable(event):
    """What a message means goes into the database and to Git."""
    for value in vars(event).values():
        if isinstance(value, str):
            assert "\0" not in value
            value.encode()
            assert len(value) <= 2000
    branch, commit = getattr(event, "branch", None), getattr(event, "commit", None)
    assert branch is None or re.fullmatch(r"[^\s~^:?*\[\\]{1,255}", branch)
    assert not commit or re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit)


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_a_wrong_value_in_any_place_is_refused_in_a_sentence_or_means_something(name):
    headers, body, _meaning = message(name)
    forge, whole = webhooks.forge_of(headers), json.loads(body)
    refused = 0
    for number, path in enumerate(places(whole)):
        # Deep down, where nothing is read, a few of the values are enough; they take turns.
        values = (
            WRONG if len(path) < 3 else [WRONG[(number + step) % len(WRONG)] for step in range(1)]
        )
        for value in values:
            event = outcome(forge, headers, json.dumps(put(whole, path, value)).encode())
            refused += event is None
            if event is not None:
                assert_storable(event)
    assert refused > 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WRONG),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("ref", "after", "before", "head_commit", "commits", "ref_type", "sha", "action", "number")
KEYS += ("pull_request", "object_kind", "object_attributes", "created", "user_name", "subject")
KEYS += ("author", "ping")


@settings(max_examples=150, deadline=None)
@given(
    forge=st.sampled_from(sorted(HEADERS)),
    event=st.sampled_from(EVENTS),
    data=st.dictionaries(st.sampled_from(KEYS) | st.text(), JSON, max_size=8),
)
def test_no_message_at_all_is_a_crash(forge, event, data):
    headers = HEADERS[forge](event)
    outcome(webhooks.forge_of(headers), headers, json.dumps(data).encode())
    outcome(webhooks.FORGES[-1], {}, json.dumps(data).encode())


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=80))
@pytest.mark.parametrize("forge", webhooks.FORGES, ids=lambda forge: forge.NAME)
def test_no_bytes_at_all_are_a_crash(forge, body):
    outcome(forge, {"x-github-event": "push", "x-gitea-event": "push"}, body)


PUSH = '{"ref": "refs/heads/main", "after": "%s"%s}'
SHA = "3f2c1a9d0e5b47c8a6f1d2e3b4c5a6978d0e1f2a"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ((PUSH % (SHA, "")).encode("utf-16"), "UTF-8"),
        ((PUSH % (SHA, "")).encode("utf-8-sig"), "valid JSON"),
        ((PUSH % (SHA, ', "x": "\xe4"')).encode("latin-1"), "UTF-8"),
        ((PUSH % (SHA, ', "x": NaN')).encode(), "valid JSON"),
        ((PUSH % (SHA, ', "x": -Infinity')).encode(), "valid JSON"),
        ((PUSH % (SHA, ', "x": 1e999')).encode(), "number"),
        ((PUSH % (SHA, ', "x": ' + "9" * 40)).encode(), "too large"),
        ((PUSH % (SHA, ', "x": ' + "9" * 5000)).encode(), "valid JSON"),
        ((PUSH % (SHA, ', "ref": "refs/heads/other"')).encode(), "valid JSON"),
        ((PUSH % (SHA, ', "x": ' + "[" * 100 + "]" * 100)).encode(), "deeper"),
        ((PUSH % (SHA, ', "x": ' + "[" * 100_000)).encode(), "valid JSON"),
        ((PUSH % (SHA, ', "x": "\\u0000"')).encode(), "NUL"),
        ((PUSH % (SHA, ', "\\u0000": 1')).encode(), "NUL"),
        ((PUSH % (SHA, ', "x": "\\ud800"')).encode(), "surrogate"),
        ((PUSH % ("main", "")).encode(), "digits of a commit"),
        (b"", "valid JSON"),
    ],
)
def test_what_no_parser_agrees_on_is_refused(body, sentence):
    with pytest.raises(webhooks.Malformed, match=sentence):
        webhooks.forge_of({}).parse({}, body)


NO_BRANCHES = (
    "",
    "a b",
    "a..b",
    "a\tb",
    "../x",
    "a~1",
    "a:b",
    "-x",
    "a.lock",
    "x" * 300,
    "a/",
    "@",
)


@pytest.mark.parametrize("branch", NO_BRANCHES)
def test_a_branch_that_git_would_not_take_is_refused(branch):
    body = json.dumps({"ref": f"refs/heads/{branch}", "after": SHA}).encode()
    with pytest.raises(webhooks.Malformed, match="name of a branch"):
        webhooks.forge_of({}).parse({}, body)


def test_an_address_that_is_none_of_the_web_is_left_out():
    headers, body, _meaning = message("github/pull-request-opened")
    data = json.loads(body)
    data["pull_request"]["html_url"] = "javascript:alert(1)"
    assert webhooks.forge_of(headers).parse(headers, json.dumps(data).encode()).url == ""
