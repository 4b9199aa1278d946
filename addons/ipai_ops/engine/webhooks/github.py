"""GitHub's webhooks (docs.github.com, Webhook events and payloads)."""

from . import common
from .events import BranchDeleted, Event, Ignored, Ping

NAME = "github"
OPENING = frozenset({"opened", "reopened", "synchronize", "ready_for_review"})


def claims(headers) -> bool:
    return "x-github-event" in headers


def event_name(headers) -> str:
    return headers.get("x-github-event", "")


def delivery_id(headers) -> str:
    return headers.get("x-github-delivery", "")


def verify(headers, body: bytes, secret: str) -> bool:
    """Check ``X-Hub-Signature-256`` against the raw body."""
    scheme, _equals, signature = headers.get("x-hub-signature-256", "").partition("=")
    return scheme == "sha256" and common.has_hmac(signature, body, secret)


@common.reading
def parse(headers, data) -> Event:
    """Return what the message means."""
    name = event_name(headers)
    if name == "ping":
        return Ping()
    if name == "push":
        return common.push(data["ref"], data["after"], data.get("head_commit"), data.get("created"))
    if name == "delete":
        return _deleted(data)
    if name == "pull_request":
        return common.pull_request(data, OPENING, _is_from_fork)
    if name == "create":
        return Ignored("The push that follows a new branch counts.")
    return Ignored(f"Events of the kind “{name}” are not used.")


def _deleted(data):
    if data["ref_type"] != "branch":
        return Ignored("Tags are not deployed.")
    return BranchDeleted(data["ref"])


def _is_from_fork(head, base):
    return (head.get("repo") or {}).get("id") != base["repo"]["id"]
