"""GitHub's webhooks (docs.github.com, Webhook events and payloads)."""

from collections.abc import Mapping

from . import common, reading
from .events import BranchDeleted, Event, Ignored, Ping

NAME = "github"
COMPARE = "{root}/compare/{old}...{new}"
OPENING = frozenset({"opened", "reopened", "synchronize", "ready_for_review"})


def claims(headers: Mapping[str, str]) -> bool:
    return "x-github-event" in headers


def event_name(headers: Mapping[str, str]) -> str:
    return headers.get("x-github-event", "")


def delivery_id(headers: Mapping[str, str]) -> str:
    return headers.get("x-github-delivery", "")


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Check ``X-Hub-Signature-256`` against the raw body."""
    scheme, _equals, signature = headers.get("x-hub-signature-256", "").partition("=")
    return scheme == "sha256" and common.has_hmac(signature, body, secret)


@common.of_body
def parse(headers: Mapping[str, str], data: Mapping) -> Event:
    """Return what the message means."""
    name = event_name(headers)
    if name == "ping":
        return Ping()
    if name == "push":
        head = reading.some_mapping(data, "head_commit")
        return common.push(data, head, bool(data.get("created")))
    if name == "delete":
        branch = common.branch_event(data)
        return Ignored("Tags are not deployed.") if branch is None else BranchDeleted(branch)
    if name == "pull_request":
        return common.pull_request(data, OPENING, _is_from_fork)
    if name == "create":
        return Ignored("The push that follows a new branch counts.")
    return Ignored(f"Events of the kind “{name}” are not used.")


def _is_from_fork(head: Mapping, base: Mapping) -> bool:
    own = reading.mapping(base, "repo")
    return reading.some_mapping(head, "repo").get("id") != own.get("id")
