"""What the forges' messages have in common."""

import hashlib
import hmac
import json

from .events import BranchDeleted, Event, Ignored, Malformed, PullRequestEvent, PushEvent

BRANCH_PREFIX = "refs/heads/"


def has_hmac(signature: str | None, body: bytes, secret: str) -> bool:
    """Compare a hex HMAC-SHA256 of the raw body in constant time (RFC 2104)."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = (signature or "").strip().lower()
    return bool(secret) and hmac.compare_digest(expected.encode(), given.encode())


def load(body: bytes) -> dict:
    """Return the message as a mapping; raises Malformed for anything else."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Malformed("The body is not valid JSON.") from exc
    if not isinstance(data, dict):
        raise Malformed("The body is JSON, but no object.")
    return data


def reading(parse):
    """Make ``parse`` say Malformed where the message lacks what its forge documents."""

    def parse_safely(headers, body):
        try:
            return parse(headers, load(body))
        except (KeyError, TypeError, AttributeError, IndexError) as exc:
            raise Malformed(f"The message lacks what is expected of it: {exc}.") from exc

    return parse_safely


def push(ref: str, after: str | None, head: dict | None, is_new: bool = False) -> Event:
    """Return the event of a push; ``after`` all zeros or blank means that the ref is gone."""
    if not ref.startswith(BRANCH_PREFIX):
        return Ignored("Tags and other refs are not deployed.")
    branch = ref.removeprefix(BRANCH_PREFIX)
    if is_zero(after):
        return BranchDeleted(branch)
    head = head or {}
    author = (head.get("author") or {}).get("name") or ""
    return PushEvent(branch, after, first_line(head.get("message")), author, is_new)


def pull_request(data: dict, opening: frozenset, is_from_fork) -> Event:
    """Return the event of a pull request in the shape GitHub gave it; Gitea's and Forgejo's is the same.

    ``is_from_fork(head, base)`` is asked, because each names the repositories otherwise.
    """
    action, request = data["action"], data["pull_request"]
    if action not in opening and action != "closed":
        return Ignored(f"A pull request's “{action}” changes nothing here.")
    head, base = request["head"], request["base"]
    return PullRequestEvent(
        number=data["number"],
        is_open=action != "closed",
        branch=head["ref"],
        commit=head["sha"],
        ref=f"refs/pull/{data['number']}/head",
        url=request.get("html_url") or request.get("url") or "",
        title=first_line(request.get("title")),
        author=(request.get("user") or {}).get("login") or "",
        is_from_fork=is_from_fork(head, base),
    )


def is_zero(commit: str | None) -> bool:
    """Say whether a commit is Git's way to write "none"."""
    return not (commit or "").strip("0")


def first_line(message: str | None) -> str:
    return (message or "").strip().partition("\n")[0][:200]
