"""The bridge's decisions: when to try again, what an answer means, what a signature covers."""

import importlib.util
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).resolve().parents[2] / "addons" / "ipai_n8n_bridge"


def load(name):
    spec = importlib.util.spec_from_file_location(f"n8n_{name}", FOLDER / "engine" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


circuit, outcome, matching = load("circuit"), load("outcome"), load("matching")
signature, message, templates = load("signature"), load("message"), load("templates")
calls = load("calls")
NOW = datetime(2026, 1, 31, 10)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_delay_grows_has_jitter_and_an_end(attempt, dice):
    delay = circuit.delay_seconds(attempt, dice)
    assert circuit.FIRST_DELAY_SECONDS / 2 <= delay <= circuit.LONGEST_DELAY_SECONDS
    assert delay <= circuit.delay_seconds(attempt + 1, dice)


@given(st.lists(st.booleans(), max_size=60))
def test_the_breaker_opens_after_five_failures_in_a_row_and_closes_on_a_success(answers):
    state, failures = circuit.Circuit(), 0
    for is_well in answers:
        state = state.after(is_well, NOW)
        failures = 0 if is_well else failures + 1
        assert state.may_try(NOW) == (failures < circuit.FAILURES_TO_OPEN)
        assert state.may_try(NOW + timedelta(seconds=circuit.LONGEST_PAUSE_SECONDS))


@pytest.mark.parametrize(
    ("status", "delivered", "refused", "well"),
    [
        (200, True, False, True),
        (204, True, False, True),
        (302, False, True, True),
        (404, False, True, True),
        (408, False, False, False),
        (429, False, False, False),
        (500, False, False, False),
        (0, False, False, False),
    ],
)
def test_an_answer_is_success_refusal_or_trouble(status, delivered, refused, well):
    answer = outcome.Answer(status)
    said = (answer.is_delivered, answer.is_refusal, answer.is_server_well)
    assert said == (delivered, refused, well)
    assert bool(outcome.sentence(answer)) != delivered


def test_an_outage_of_a_week_is_waited_for_and_a_refusal_is_not():
    down, refused = outcome.Answer(0, error="no route"), outcome.Answer(404)
    assert not outcome.is_hopeless(down, 0, 8)
    assert outcome.is_hopeless(down, 0, 31)
    assert not outcome.is_hopeless(refused, 7, 0)
    assert outcome.is_hopeless(refused, 8, 0)


def test_filters_let_through_what_fits_all_of_them():
    place = matching.Place("run.finished", 1, 2, "staging")
    fits = matching.Wish(matching.patterns("run.*, alert.raised"), frozenset({1}), frozenset({2}))
    assert matching.wants(fits, place)
    assert matching.wants(matching.Wish(), place)
    for wish in (
        matching.Wish(kinds=("alert.*",)),
        matching.Wish(projects=frozenset({9})),
        matching.Wish(environments=frozenset({9})),
        matching.Wish(stage="production"),
    ):
        assert not matching.wants(wish, place)


@given(st.binary(max_size=200), st.text(max_size=20), st.integers(0, 2**31))
def test_a_signature_holds_for_its_message_and_no_other(body, secret, stamp):
    headers = signature.headers(secret, stamp, "id", body)
    assert signature.is_valid(secret, headers, body, stamp)
    assert not signature.is_valid(secret, headers, body + b"x", stamp)
    assert not signature.is_valid(secret + "x", headers, body, stamp)
    assert not signature.is_valid(secret, headers, body, stamp + 301)
    assert not signature.is_valid(secret, {**headers, "X-Ipai-Delivery": "other"}, body, stamp)


def test_the_same_fact_is_the_same_bytes():
    assert message.body("a", {"b": 1, "a": 2}) == message.body("a", {"a": 2, "b": 1})


@pytest.mark.parametrize(
    ("text", "execution"), [('{"executionId": 7}', "7"), ("{}", ""), ("[]", ""), ("no", "")]
)
def test_an_execution_is_known_where_the_workflow_tells_it(text, execution):
    assert message.execution_of(text) == execution


@pytest.mark.parametrize("path", sorted((FOLDER / "data/workflows").glob("*.json")), ids=str)
def test_a_shipped_workflow_is_whole(path):
    text = path.read_text(encoding="utf-8")
    workflow = templates.fill(text, {"SUITE_URL": 'https://x/"y"', "SLACK_URL": "", "MAIL_TO": ""})
    names = {node["name"] for node in workflow["nodes"]}
    linked = {
        link["node"]
        for outs in workflow["connections"].values()
        for out in outs["main"]
        for link in out
    }
    assert linked <= names
    assert set(workflow["connections"]) <= names
    assert templates.paths(workflow)
    off = templates.without_branches(workflow, ("Slack", "Mail"))
    dead = [node for node in off["nodes"] if node.get("disabled")]
    assert all(node["name"] in ("Slack", "Mail") and "credentials" not in node for node in dead)
    json.dumps(off)


WELL = {"project": "acme", "env": 7, "git_sha": None}
NESTED = {"run_id": 1, "level": "info", "message": "x", "payload": {"a": [{"b": "\x00"}]}}


def test_what_fits_is_taken_without_what_is_blank():
    assert calls.check("queue_run", WELL) == {"project": "acme", "env": 7}


@pytest.mark.parametrize(
    ("action", "payload", "said"),
    [
        ("queue_run", {"env": "main"}, "“project” is missing"),
        ("queue_run", {**WELL, "projekt": 1}, "“projekt” is no field of queue_run"),
        ("queue_run", {**WELL, "env": True}, "“env” must be an id"),
        ("queue_run", {**WELL, "env": "x" * 201}, "“env” must be an id"),
        ("queue_run", {**WELL, "env": 2**31}, "“env” must be an id"),
        ("queue_run", {**WELL, "ref": "\ud800"}, "cannot be kept"),
        ("add_event", NESTED, "cannot be kept"),
        ("add_event", {**NESTED, "payload": []}, "“payload” must be an object"),
        ("report", {"hours": 1.5}, "“hours” must be a whole number"),
    ],
)
def test_what_does_not_fit_is_a_sentence(action, payload, said):
    with pytest.raises(calls.Misfit, match=said):
        calls.check(action, payload)
