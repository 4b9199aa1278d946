"""What comes from Slack: signatures, commands, buttons, forms, errors."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_slack_connector.engine import command, failures, interaction, signature
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
METHOD = re.compile(r'"((?:auth|chat|conversations|oauth|users|views)(?:\.\w+)+)"')
CALLED = {
    name
    for path in (ROOT / "addons" / "ipai_slack_connector").rglob("*.py")
    if not {"tests", "testing"} & set(path.parts[len(ROOT.parts) :])
    for name in METHOD.findall(path.read_text())
}
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # of Slack's own documentation
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmib"
    b"IGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
STAMP = 1531420618
DOCUMENTED = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def headers(stamp=STAMP, signed=DOCUMENTED):
    return {"x-slack-request-timestamp": str(stamp), "x-slack-signature": signed}


# ----- signature -----


def test_the_documented_example_is_genuine():
    assert signature.is_genuine(SECRET, headers(), BODY, STAMP + 1)


@pytest.mark.parametrize("late", [301, -301, 10**9])
def test_a_request_lives_for_five_minutes(late):
    assert not signature.is_genuine(SECRET, headers(), BODY, STAMP + late)


def test_a_request_is_good_until_the_last_second():
    assert signature.is_genuine(SECRET, headers(), BODY, STAMP + 300)


@pytest.mark.parametrize(
    "forged",
    [
        {},
        headers(signed=""),
        headers(signed="v0=" + "0" * 64),
        headers(stamp=STAMP + 1),
        headers(stamp="soon"),
        headers(stamp=""),
        headers(stamp="²"),
        headers(signed="v0=ü"),
        {"x-slack-signature": DOCUMENTED},
    ],
)
def test_a_forged_request_is_refused(forged):
    assert not signature.is_genuine(SECRET, forged, BODY, STAMP)


@pytest.mark.parametrize("secret", ["", " ", None, "another"])
def test_a_missing_or_other_secret_trusts_nobody(secret):
    assert not signature.is_genuine(secret, headers(), BODY, STAMP)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_one_changed_byte_is_seen(place, change):
    altered = BODY[:place] + bytes([BODY[place] ^ change]) + BODY[place + 1 :]
    assert not signature.is_genuine(SECRET, headers(), altered, STAMP)


def test_the_same_request_has_the_same_name_and_no_other():
    key = signature.replay_key(headers(), BODY)
    assert key == signature.replay_key(headers(), BODY)
    assert key != signature.replay_key(headers(STAMP + 1), BODY)
    assert key != signature.replay_key(headers(), BODY + b"x")


def test_our_own_signing_is_slack_sdks():
    signed = SignatureVerifier("s").generate_signature(timestamp="5", body=b"a=1")
    assert signature.is_genuine("s", headers(5, signed), b"a=1", 5)


# ----- /ops -----


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("deploy acme/main", {"project": "acme", "environment": "main"}),
        ("deploy acme main", {"project": "acme", "environment": "main"}),
        ("DEPLOY  acme/feature/pos  3f2c1a", {"environment": "feature/pos", "target": "3f2c1a"}),
        ("deploy", {"project": "", "environment": "", "problem": ""}),
        ("status", {"verb": "status", "project": ""}),
        ("status acme", {"project": "acme", "environment": ""}),
        ("logs 123", {"run_id": 123}),
        ("logs #123", {"run_id": 123}),
        ("logs acme/main", {"run_id": 0, "environment": "main"}),
        ("rollback acme/main", {"verb": "rollback", "problem": ""}),
        ("rollback acme", {"verb": "rollback", "project": "acme", "environment": ""}),
        ("logs", {"verb": "logs", "environment": "", "problem": ""}),
        ("backups", {"verb": "backups", "environment": "", "problem": ""}),
        ("backups acme/main", {"verb": "backups", "problem": ""}),
        ("", {"verb": "help", "problem": ""}),
        ("help", {"verb": "help", "problem": ""}),
    ],
)
def test_a_command_is_understood(words, expected):
    read = command.parse(words)
    assert {name: getattr(read, name) for name in expected} == expected


@pytest.mark.parametrize("words", ["destroy acme/main", "123", "/ops"])
def test_what_is_no_command_gets_a_sentence(words):
    assert command.parse(words).problem


# ----- buttons and forms -----

TEAM = {"id": "T1", "domain": "acme"}
PERSON = {"id": "U1", "username": "ada", "team_id": "T1"}


def pressed(name="ops_approve", value="3:abc"):
    action = {"type": "button", "action_id": name, "block_id": "b", "value": value}
    return {
        "type": "block_actions",
        "team": TEAM,
        "user": PERSON,
        "channel": {"id": "C1", "name": "ops"},
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "trigger_id": "12.34.ab",
        "actions": [action],
    }


def filled(**answers):
    values = {key: {key: element} for key, element in answers.items()}
    view = {"type": "modal", "callback_id": "ops_rollback", "private_metadata": "3:abc|C1"}
    return {
        "type": "view_submission",
        "team": TEAM,
        "user": PERSON,
        "view": {**view, "state": {"values": values}},
    }


def test_a_pressed_button_is_read():
    read = interaction.read(pressed())
    assert (read.kind, read.action, read.value) == ("button", "approve", "3:abc")
    assert (read.team, read.user, read.channel) == ("T1", "U1", "C1")


def test_a_button_of_another_app_means_nothing():
    assert interaction.read(pressed("buy")).kind == "other"
    assert interaction.read(pressed("ops_destroy")).kind == "other"


def test_a_filled_form_is_read():
    build = {"type": "static_select", "selected_option": {"value": "12"}}
    reason = {"type": "plain_text_input", "value": None}
    read = interaction.read(filled(build=build, reason=reason))
    assert (read.kind, read.action, read.value, read.channel) == ("form", "rollback", "3:abc", "C1")
    assert read.answers == {"build": "12", "reason": ""}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "text",
        {},
        {"type": "block_actions"},
        {**pressed(), "actions": []},
        {**pressed(), "user": None},
        {**pressed(), "user": {"id": 7}},
        {**filled(), "view": {"callback_id": "ops_x"}},
    ],
)
def test_what_slack_would_never_send_is_malformed(payload):
    with pytest.raises(interaction.Malformed):
        interaction.read(payload)


def test_a_button_names_its_run_and_the_order_a_person_saw():
    assert interaction.run_of(interaction.run_value(3, "abcdef0123456789")) == (3, "abcdef012345")
    for forged in ("", "x", "-1:a", "1e3:a"):
        with pytest.raises(interaction.Malformed):
            interaction.run_of(forged)


# ----- errors -----

# Errors that Slack documents for the methods this addon calls, and what must follow.
DOCUMENTED_ERRORS = {
    "chat.postMessage": {
        "channel_not_found": "channel",
        "not_in_channel": "channel",
        "is_archived": "channel",
        "msg_too_long": "shorten",
        "no_text": "shorten",
        "restricted_action": "channel",
        "restricted_action_read_only_channel": "channel",
        "restricted_action_thread_only_channel": "channel",
        "restricted_action_non_threadable_channel": "channel",
        "rate_limited": "pause",
        "ratelimited": "pause",
        "ekm_access_denied": "channel",
        "not_authed": "workspace",
        "invalid_auth": "workspace",
        "account_inactive": "workspace",
        "token_revoked": "workspace",
        "token_expired": "workspace",
        "no_permission": "workspace",
        "org_login_required": "workspace",
        "missing_scope": "workspace",
        "team_added_to_org": "workspace",
        "request_timeout": "retry",
        "fatal_error": "retry",
        "internal_error": "retry",
        "service_unavailable": "retry",
        "invalid_blocks": "shorten",
        "invalid_arguments": "drop",
    },
    "chat.update": {
        "message_not_found": "repost",
        "cant_update_message": "repost",
        "edit_window_closed": "repost",
        "msg_too_long": "shorten",
    },
    "views.open": {"expired_trigger_id": "drop", "exchanged_trigger_id": "drop"},
    "users.info": {"user_not_found": "drop"},
    "oauth.v2.access": {
        "invalid_code": "drop",
        "code_already_used": "drop",
        "bad_redirect_uri": "drop",
        "invalid_client_id": "drop",
        "bad_client_secret": "drop",
    },
    "auth.test": {"invalid_auth": "workspace"},
}


@pytest.mark.parametrize(
    ("error", "kind"),
    sorted({pair for errors in DOCUMENTED_ERRORS.values() for pair in errors.items()}),
)
def test_every_documented_error_has_its_consequence_and_its_sentence(error, kind):
    verdict = failures.verdict(error)
    assert verdict.kind == kind
    assert verdict.sentence.endswith(".") or "/invite" in verdict.sentence


PUBLISHED = json.loads((FIXTURES / "slack" / "errors.json").read_text())["errors"]


@pytest.mark.parametrize(
    "error", sorted({each for errors in PUBLISHED.values() for each in errors})
)
def test_no_error_slack_publishes_is_left_undecided(error):
    verdict = failures.verdict(error)
    is_known = error in failures.TEXTS or error in failures.LIMITED
    assert is_known != (error in failures.OUR_FAULTS)
    assert verdict.hint or verdict.kind in ("pause", "workspace", "shorten", "drop")


def test_the_methods_with_published_errors_are_those_that_are_called():
    assert set(PUBLISHED) == CALLED


@pytest.mark.parametrize("method", sorted(CALLED))
def test_every_method_is_one_slack_sdk_knows(method):
    assert callable(getattr(WebClient, method.replace(".", "_")))


def test_429_waits_as_long_as_slack_asks():
    verdict = failures.verdict("ratelimited", 429, "30")
    assert (verdict.kind, verdict.wait_seconds) == ("pause", 30)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fails_is_tried_again(status):
    assert failures.verdict("", status).kind == "retry"
