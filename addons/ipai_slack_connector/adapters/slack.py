"""Slack's Web API through slack_sdk: one call, one outcome; a failure is an outcome, never an exception."""

import logging
import time
from dataclasses import dataclass, field
from http.client import HTTPException

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.webhook import WebhookClient

TIMEOUT_SECONDS = 10
READS = frozenset({"auth.test", "users.info", "conversations.history", "conversations.replies"})
AS_FORM = READS | {"oauth.v2.access"}
# Its lines would hold Slack's answers and what was sent; outcomes are recorded instead.
_silent = logging.getLogger(f"{__name__}.sdk")
_silent.setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Outcome:
    """``error`` is Slack's own word, or timeout, unreachable, bad_answer; blank when all went well."""

    data: dict = field(default_factory=dict)
    error: str = ""
    status: int = 200
    retry_after: str = ""
    scopes: str = ""
    seconds: float = 0.0

    @property
    def ok(self):
        return not self.error

    @property
    def is_ambiguous(self):
        """Say whether Slack may have done what was asked although it did not say so."""
        return self.error in ("timeout", "unreachable", "bad_answer") or self.status >= 500


def call(method, arguments, token="", base_url="", timeout_seconds=TIMEOUT_SECONDS) -> Outcome:
    """Call a method of the Web API once. Only reads are repeated after a broken connection."""
    client = WebClient(
        token or None,
        base_url=base_url or WebClient.BASE_URL,
        timeout=timeout_seconds,
        logger=_silent,
        retry_handlers=[ConnectionErrorRetryHandler()] if method in READS else [],
    )
    client.proxy = None  # urllib's own reading of the environment also knows what needs no proxy
    payload = {"params" if method in AS_FORM else "json": arguments}
    return _timed(lambda: client.api_call(method, **payload))


def respond(url, message, timeout_seconds=TIMEOUT_SECONDS) -> Outcome:
    """Answer a person at the URL their request came with; only they see it."""
    client = WebhookClient(url, timeout_seconds, logger=_silent, retry_handlers=[])
    client.proxy = None
    body = {"response_type": "ephemeral", "replace_original": False, **message}
    return _timed(lambda: client.send_dict(body))


def authorize_url(client_id, redirect_uri, scopes, state, authorization_url=""):
    """Return where a person lets Slack install the app."""
    place = {"authorization_url": authorization_url} if authorization_url else {}
    generator = AuthorizeUrlGenerator(
        client_id=client_id, redirect_uri=redirect_uri, scopes=scopes, **place
    )
    return generator.generate(state)


def _timed(ask):
    began = time.monotonic()
    outcome = _outcome(ask)
    return Outcome(**{**vars(outcome), "seconds": round(time.monotonic() - began, 3)})


def _outcome(ask):
    try:
        answer = ask()
    except SlackApiError as exc:
        return _refused(exc.response)
    except TimeoutError:
        return Outcome(error="timeout", status=0)
    except (OSError, HTTPException) as exc:
        return Outcome(error=_broken(exc), status=0)
    except (SlackClientError, ValueError):
        return Outcome(error="bad_answer", status=0)
    return _answered(answer)


def _answered(answer):
    headers = _lower(answer.headers)
    if hasattr(answer, "data"):
        return Outcome(answer.data, scopes=headers.get("x-oauth-scopes", ""))
    if answer.status_code == 200:
        return Outcome()
    retry_after = headers.get("retry-after", "")
    return Outcome(
        error=answer.body[:80] or "refused", status=answer.status_code, retry_after=retry_after
    )


def _refused(response):
    headers = _lower(response.headers)
    data = response.data if isinstance(response.data, dict) else {}
    error = str(data.get("error") or "")
    if " " in error or not error:  # slack_sdk puts a page that is no JSON into a sentence
        error = "bad_answer" if response.status_code < 500 else ""
    if response.status_code == 429:
        error = "ratelimited"
    return Outcome(
        data,
        error or "service_unavailable",
        response.status_code,
        headers.get("retry-after", ""),
        headers.get("x-oauth-scopes", ""),
    )


def _broken(exc):
    reason = getattr(exc, "reason", exc)
    return "timeout" if isinstance(reason, TimeoutError) else "unreachable"


def _lower(headers):
    return {name.lower(): value for name, value in (headers or {}).items()}
