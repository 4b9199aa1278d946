"""One call to Slack, one outcome: against a server that speaks its Web API, with its bad days."""

import time
from pathlib import Path

import pytest
import yaml
from ipai_slack_connector.adapters import slack
from ipai_slack_connector.engine import failures
from ipai_slack_connector.testing.slack_server import (
    CLIENT_ID,
    CLIENT_SECRET,
    CODE,
    SCOPES,
    TOKEN,
    SlackServer,
)

HELLO = {"channel": "C0OPS", "text": "hello"}
MANIFEST = Path(__file__).resolve().parents[2] / "addons/ipai_slack_connector/slack-app.yml"


@pytest.fixture
def server():
    with SlackServer() as running:
        running.add_channel("C0OPS", "ops")
        running.add_user("U1", "ada@acme.example")
        yield running


def call(server, method, arguments=None, token=TOKEN, **options):
    return slack.call(method, arguments or {}, token, server.url, **options)


def test_a_message_is_posted(server):
    outcome = call(server, "chat.postMessage", HELLO)
    assert outcome.ok
    assert outcome.data["channel"] == "C0OPS"
    assert server.texts("C0OPS") == ["hello"]


def test_a_message_is_updated_and_answered_in_its_thread(server):
    ts = call(server, "chat.postMessage", HELLO).data["ts"]
    assert call(server, "chat.update", {**HELLO, "ts": ts, "text": "later", "blocks": []}).ok
    assert call(server, "chat.postMessage", {**HELLO, "thread_ts": ts}).ok
    assert server.texts("C0OPS") == ["later"]
    assert server.texts("C0OPS", ts) == ["hello"]


def test_the_token_tells_its_scopes(server):
    assert call(server, "auth.test").scopes == SCOPES


def test_a_code_buys_a_token(server):
    arguments = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": CODE}
    assert call(server, "oauth.v2.access", arguments, token="").data["access_token"] == TOKEN


def test_the_metadata_of_a_message_is_found_again(server):
    call(server, "chat.postMessage", {**HELLO, "metadata": {"event_payload": {"key": "k1"}}})
    arguments = {"channel": "C0OPS", "limit": 100, "include_all_metadata": True, "oldest": "0.0"}
    found = call(server, "conversations.history", arguments).data["messages"]
    assert found[0]["metadata"]["event_payload"]["key"] == "k1"


@pytest.mark.parametrize(
    ("how", "error", "kind"),
    [
        ({"error": "channel_not_found"}, "channel_not_found", "channel"),
        ({"error": "msg_too_long"}, "msg_too_long", "shorten"),
        ({"error": "invalid_auth"}, "invalid_auth", "workspace"),
        ({"status": 500}, "fatal_error", "retry"),
        ({"status": 502, "page": ""}, "fatal_error", "retry"),
        ({"page": "<html>proxy</html>"}, "bad_answer", "retry"),
        ({"drop": True}, "unreachable", "retry"),
        ({"status": 429, "retry_after": 30}, "ratelimited", "pause"),
    ],
)
def test_every_trouble_is_an_outcome_with_its_consequence(server, how, error, kind):
    server.trouble("chat.postMessage", **how)
    outcome = call(server, "chat.postMessage", HELLO)
    assert (outcome.ok, outcome.error) == (False, error)
    assert failures.verdict(outcome.error, outcome.status, outcome.retry_after).kind == kind
    assert len(server.called("chat.postMessage")) == 1  # a write is never repeated by itself


def test_429_says_how_long_to_wait_and_does_not_wait_itself(server):
    server.trouble("chat.postMessage", status=429, retry_after=30)
    began = time.monotonic()
    assert call(server, "chat.postMessage", HELLO).retry_after == "30"
    assert time.monotonic() - began < 5


def test_a_slack_that_does_not_answer_in_time_is_a_timeout(server):
    server.trouble("chat.postMessage", delay=3)
    outcome = call(server, "chat.postMessage", HELLO, timeout_seconds=1)
    assert (outcome.error, outcome.is_ambiguous) == ("timeout", True)
    assert outcome.seconds < 2.5


def test_a_read_is_asked_again_when_the_connection_broke(server):
    server.trouble("users.info", drop=True)
    assert call(server, "users.info", {"user": "U1"}).ok


def test_a_closed_port_is_unreachable(server):
    outcome = slack.call("auth.test", {}, TOKEN, "http://127.0.0.1:9/api/")
    assert outcome.error == "unreachable"


def test_without_a_token_slack_says_so(server):
    assert call(server, "auth.test", token="").error == "not_authed"


def test_a_person_is_answered_at_the_url_of_their_request(server):
    assert slack.respond(f"{server.root}/response/1", {"text": "done"}).ok
    name, body = server.responses[0]
    assert (name, body["text"], body["response_type"]) == ("1", "done", "ephemeral")


def test_an_answer_that_cannot_be_given_is_an_outcome(server):
    assert slack.respond("http://127.0.0.1:9/x", {"text": "done"}).error == "unreachable"


def test_what_is_sent_shows_in_no_outcome(server):
    server.trouble("chat.postMessage", error="fatal_error")
    assert TOKEN not in repr(call(server, "chat.postMessage", HELLO))


def test_the_manifest_asks_for_what_the_addon_uses():
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert manifest["oauth_config"]["scopes"]["bot"] == SCOPES.split(",")
    command = manifest["features"]["slash_commands"][0]
    assert command["url"].endswith("/ipai/slack/command")
    interactivity = manifest["settings"]["interactivity"]
    assert interactivity["request_url"].endswith("/ipai/slack/interactive")
    assert manifest["oauth_config"]["redirect_urls"][0].endswith("/ipai/slack/oauth")
    assert manifest["settings"]["socket_mode_enabled"] is False
