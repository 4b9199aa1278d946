"""What a forge's message can mean here, the same for every forge."""

from dataclasses import dataclass


class Malformed(ValueError):
    """The message is signed but not what its forge documents; ``str(exc)`` is a sentence."""


@dataclass(frozen=True)
class PushEvent:
    """Commits came to a branch, or the branch is new."""

    branch: str
    commit: str
    subject: str = ""
    author: str = ""
    is_new_branch: bool = False


@dataclass(frozen=True)
class BranchDeleted:
    """A branch is gone."""

    branch: str


@dataclass(frozen=True)
class PullRequestEvent:
    """A pull or merge request was opened, got commits, or was closed; ``ref`` holds its commits."""

    number: int
    is_open: bool
    branch: str
    commit: str
    ref: str
    url: str = ""
    title: str = ""
    author: str = ""
    is_from_fork: bool = False


@dataclass(frozen=True)
class Ping:
    """The forge tries the webhook."""


@dataclass(frozen=True)
class Ignored:
    """Nothing to do, and why."""

    reason: str


Event = PushEvent | BranchDeleted | PullRequestEvent | Ping | Ignored
