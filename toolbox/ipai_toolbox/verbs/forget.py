"""Removes backups from a repository and gives their room back."""

import re

from ..job import Job
from ..outcome import Failure
from ..restic import Repository, repository_of
from ..spec import FAULT


def run(job: Job) -> dict:
    names = job.spec.texts("snapshots")
    if not all(re.fullmatch(r"[0-9a-f]{64}", name) for name in names):
        raise Failure("The list of backups to remove holds something else than whole names", FAULT)
    with repository_of(job.spec.part("repository"), job.places) as repository:
        before = _bytes(repository)
        there = [name for name in names if name in _names(repository)]
        if there:
            repository.said("forget", *there)
        repository.said("prune")
        left = [name for name in names if name in _names(repository)]
        freed = max(before - _bytes(repository), 0)
    if left:
        raise Failure(f"The backup {left[0][:8]} could not be removed", "Read the log, then retry")
    job.events.progress(1.0, f"Removed {len(there)} backups, {freed} bytes")
    return {"removed": names, "freed_bytes": freed}


def _names(repository: Repository) -> set[str]:
    return {snapshot["id"] for snapshot in repository.snapshots()}


def _bytes(repository: Repository) -> int:
    """What all backups of the repository take, compressed and each part once."""
    values = repository.said("stats", "--mode", "raw-data")
    return values[-1].get("total_size", 0) if values else 0
