"""Gitea's and Forgejo's webhooks (docs.gitea.com, Usage: Webhooks).

They also send GitHub's headers, so they are looked for first.
"""

from collections.abc import Mapping

from . import common, reading
from .events import BranchDeleted, Event, Ignored, PushEvent

NAME = "gitea"
COMPARE = "{root}/compare/{old}...{new}"
BRANDS = ("x-forgejo-", "x-gitea-", "x-gogs-")
OPENING = frozenset({"opened", "reopened", "synchronized"})


def claims(headers: Mapping[str, str]) -> bool:
    return bool(event_name(headers))


def event_name(headers: Mapping[str, str]) -> str:
    return _branded(headers, "event")


def delivery_id(headers: Mapping[str, str]) -> str:
    return _branded(headers, "delivery")


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Check the signature, a bare hex HMAC-SHA256, against the raw body."""
    return common.has_hmac(_branded(headers, "signature"), body, secret)


@common.of_body
def parse(headers: Mapping[str, str], data: Mapping) -> Event:
    """Return what the message means."""
    name = event_name(headers)
    if name == "push":
        head = reading.some_mapping(data, "head_commit") or common.head_of(data)
        before = reading.some_text(data, "before")
        return common.push(data, head, common.is_zero(before))
    if name in ("create", "delete"):
        return _branch(name, data)
    if name in ("pull_request", "pull_request_sync"):
        return common.pull_request(data, OPENING, _is_from_fork)
    return Ignored(f"Events of the kind “{name}” are not used.")


def _branded(headers: Mapping[str, str], name: str) -> str:
    return next((headers[brand + name] for brand in BRANDS if headers.get(brand + name)), "")


def _branch(name: str, data: Mapping) -> Event:
    branch = common.branch_event(data)
    if branch is None:
        return Ignored("Tags are not deployed.")
    if name == "delete":
        return BranchDeleted(branch)
    return PushEvent(branch, reading.commit_id(data, "sha"), is_new_branch=True)


def _is_from_fork(head: Mapping, base: Mapping) -> bool:
    return head.get("repo_id") != base.get("repo_id")
