"""GitLab's webhooks (docs.gitlab.com, Webhook events)."""

import hmac

from . import common
from .events import Event, Ignored, PullRequestEvent

NAME = "gitlab"
DELIVERY_HEADERS = ("idempotency-key", "webhook-id", "x-gitlab-event-uuid")


def claims(headers) -> bool:
    return "x-gitlab-event" in headers


def event_name(headers) -> str:
    return headers.get("x-gitlab-event", "")


def delivery_id(headers) -> str:
    """Return the id that stays the same when GitLab sends a message again."""
    return next((headers[name] for name in DELIVERY_HEADERS if headers.get(name)), "")


def verify(headers, _body: bytes, secret: str) -> bool:
    """Check ``X-Gitlab-Token``: GitLab sends the secret itself and signs nothing."""
    given = headers.get("x-gitlab-token", "")
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


@common.reading
def parse(headers, data) -> Event:
    """Return what the message means."""
    kind = data.get("object_kind") or data.get("event_name") or event_name(headers)
    if kind == "push":
        return _push(data)
    if kind == "tag_push":
        return Ignored("Tags are not deployed.")
    if kind == "merge_request":
        return _merge_request(data)
    return Ignored(f"Events of the kind “{kind}” are not used.")


def _push(data):
    commit = data["after"]
    known = [one for one in data.get("commits") or () if one.get("id") == commit]
    head = known[0] if known else {"author": {"name": data.get("user_name")}}
    return common.push(data["ref"], commit, head, common.is_zero(data.get("before")))


def _merge_request(data):
    request = data["object_attributes"]
    action = request.get("action")
    is_open = action in ("open", "reopen") or (action == "update" and bool(request.get("oldrev")))
    if not is_open and action not in ("close", "merge"):
        return Ignored("Only new commits of a merge request are built.")
    last = request.get("last_commit") or {}
    return PullRequestEvent(
        number=request["iid"],
        is_open=is_open,
        branch=request["source_branch"],
        commit=last.get("id") or "",
        ref=f"refs/merge-requests/{request['iid']}/head",
        url=request.get("url") or "",
        title=common.first_line(request.get("title")),
        author=(last.get("author") or {}).get("name") or "",
        is_from_fork=request["source_project_id"] != request["target_project_id"],
    )
