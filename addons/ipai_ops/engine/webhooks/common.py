"""What the forges' messages have in common."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from functools import wraps

from . import reading
from .events import BranchDeleted, Event, Ignored, PullRequestEvent, PushEvent

BRANCH_PREFIX = "refs/heads/"


def has_hmac(signature: str | None, body: bytes, secret: str) -> bool:
    """Compare a hex HMAC-SHA256 of the raw body in constant time (RFC 2104)."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = (signature or "").strip().lower()
    return bool(secret) and hmac.compare_digest(expected.encode(), given.encode())


def of_body(
    parse: Callable[[Mapping[str, str], Mapping], Event],
) -> Callable[[Mapping[str, str], bytes], Event]:
    """Let ``parse`` have the message as a mapping; what is no JSON object is Malformed."""

    @wraps(parse)
    def parse_body(headers: Mapping[str, str], body: bytes) -> Event:
        return parse(headers, reading.load(body))

    return parse_body


def push(data: Mapping, head: Mapping, is_new: bool = False) -> Event:
    """Return the event of a push; ``after`` all zeros means that the ref is gone."""
    ref = reading.text(data, "ref")
    if not ref.startswith(BRANCH_PREFIX):
        return Ignored("Tags and other refs are not deployed.")
    branch = reading.branch(ref.removeprefix(BRANCH_PREFIX), "ref")
    after = reading.commit_id(data, "after")
    if is_zero(after):
        return BranchDeleted(branch)
    author = reading.some_text(reading.some_mapping(head, "author"), "name")
    subject = first_line(reading.some_text(head, "message"))
    return PushEvent(branch, after, subject, author[:200], is_new)


def head_of(data: Mapping) -> Mapping:
    """Return the commit of a list that a push leads to, an empty one where it is not among them."""
    commits = reading.mappings(data, "commits")
    return next((one for one in commits if one.get("id") == data.get("after")), {})


def branch_event(data: Mapping) -> str | None:
    """Return the branch of a message about a ref, None where it is about a tag."""
    if reading.text(data, "ref_type") != "branch":
        return None
    return reading.branch(reading.text(data, "ref").removeprefix(BRANCH_PREFIX), "ref")


def pull_request(
    data: Mapping, opening: frozenset[str], is_from_fork: Callable[[Mapping, Mapping], bool]
) -> Event:
    """Return the event of a pull request in the shape GitHub gave it; Gitea's and Forgejo's is the same.

    ``is_from_fork(head, base)`` is asked, because each names the repositories otherwise.
    """
    action, request = reading.text(data, "action", 100), reading.mapping(data, "pull_request")
    if action not in opening and action != "closed":
        return Ignored(f"A pull request's “{action}” changes nothing here.")
    head, base = reading.mapping(request, "head"), reading.mapping(request, "base")
    number = reading.number(data, "number")
    return PullRequestEvent(
        number=number,
        is_open=action != "closed",
        branch=reading.branch(reading.text(head, "ref"), "ref"),
        commit=reading.commit_id(head, "sha"),
        ref=f"refs/pull/{number}/head",
        url=reading.address(request, "html_url", "url"),
        title=first_line(reading.some_text(request, "title")),
        author=reading.some_text(reading.some_mapping(request, "user"), "login")[:200],
        is_from_fork=is_from_fork(head, base),
    )


def is_zero(commit: str) -> bool:
    """Say whether a commit is Git's way to write "none"."""
    return not commit.strip("0")


def first_line(message: str) -> str:
    return message.strip().partition("\n")[0][:200]
