"""What rules are told and what they answer: frozen and plain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Voice:
    """One decision that counts. ``person`` pressed the button, for ``principal`` when away."""

    person: int
    principal: int
    approves: bool
    roles: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Facts:
    """All that rules may know of the work that is to begin; None where something is not known.

    ``builds``: the colours of earlier runs of the commit, by stage. ``proven_backup_at`` and
    ``snapshot_at``: aware UTC; ``knows_backups`` says whether backups are kept at all.
    ``requesters``: everybody who must not approve it, because they asked for it or wrote it.
    """

    kind: str
    stage: str
    now: datetime
    commit: str = ""
    base_image: str = ""
    builds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    knows_backups: bool = False
    proven_backup_at: datetime | None = None
    snapshot_at: datetime | None = None
    requesters: frozenset[int] = frozenset()
    voices: tuple[Voice, ...] = ()
    is_person: bool = False
    address: str = ""
    minutes: int | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether a rule holds, and why, in one sentence. ``waits`` for a decision or a time."""

    holds: bool
    why: str
    waits: str = ""
