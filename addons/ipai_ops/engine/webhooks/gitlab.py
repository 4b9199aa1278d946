"""GitLab's webhooks (docs.gitlab.com, Webhook events)."""

import hmac
from collections.abc import Mapping

from . import common, reading
from .events import Event, Ignored, PullRequestEvent

NAME = "gitlab"
COMPARE = "{root}/-/compare/{old}...{new}"
PULL_REQUEST = "refs/merge-requests/{number}/head"
DELIVERY_HEADERS = ("idempotency-key", "webhook-id", "x-gitlab-event-uuid")


def claims(headers: Mapping[str, str]) -> bool:
    return "x-gitlab-event" in headers


def event_name(headers: Mapping[str, str]) -> str:
    return headers.get("x-gitlab-event", "")


def delivery_id(headers: Mapping[str, str]) -> str:
    """Return the id that stays the same when GitLab sends a message again."""
    return next((headers[name] for name in DELIVERY_HEADERS if headers.get(name)), "")


def verify(headers: Mapping[str, str], _body: bytes, secret: str) -> bool:
    """Check ``X-Gitlab-Token``: GitLab sends the secret itself and signs nothing."""
    given = headers.get("x-gitlab-token", "")
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


@common.of_body
def parse(headers: Mapping[str, str], data: Mapping) -> Event:
    """Return what the message means."""
    kind = reading.some_text(data, "object_kind") or reading.some_text(data, "event_name")
    kind = kind or event_name(headers)
    if kind == "push":
        return _push(data)
    if kind == "tag_push":
        return Ignored("Tags are not deployed.")
    if kind == "merge_request":
        return _merge_request(data)
    return Ignored(f"Events of the kind “{kind[:100]}” are not used.")


def _push(data: Mapping) -> Event:
    head = common.head_of(data) or {"author": {"name": reading.some_text(data, "user_name")}}
    return common.push(data, head, common.is_zero(reading.some_text(data, "before")))


def _merge_request(data: Mapping) -> Event:
    request = reading.mapping(data, "object_attributes")
    action = reading.some_text(request, "action")
    is_open = action in ("open", "reopen") or (action == "update" and bool(request.get("oldrev")))
    if not is_open and action not in ("close", "merge"):
        return Ignored("Only new commits of a merge request are built.")
    last, number = reading.some_mapping(request, "last_commit"), reading.number(request, "iid")
    return PullRequestEvent(
        number=number,
        is_open=is_open,
        branch=reading.branch(reading.text(request, "source_branch"), "source_branch"),
        commit=reading.commit_id(last, "id") if is_open or last else "",
        ref=PULL_REQUEST.format(number=number),
        url=reading.address(request, "url"),
        title=common.first_line(reading.some_text(request, "title")),
        author=reading.some_text(reading.some_mapping(last, "author"), "name")[:200],
        is_from_fork=request.get("source_project_id") != request.get("target_project_id"),
    )
