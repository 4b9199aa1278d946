"""Takes a base backup of the production cluster into its WAL archive and removes what is too old."""

import time

from ..job import Job
from ..outcome import Failure
from ..spec import FAULT
from ..wal_archive import info, run_pgbackrest

KINDS = ("full", "diff", "incr")
USUAL_DAYS = 7


def run(job: Job) -> dict:
    started, kind = time.monotonic(), job.spec.maybe_text("kind", "diff")
    days = job.spec.get("retention_days", USUAL_DAYS)
    if kind not in KINDS or not isinstance(days, int) or days < 1:
        raise Failure(f"'{kind}' for {days} days is no base backup", FAULT)
    job.events.progress(0.05, f"Base backup ({kind}), kept {days} days")
    run_pgbackrest(job.events.debug, "stanza-create")
    run_pgbackrest(job.events.debug, f"--repo1-retention-full={days}", f"--type={kind}", "backup")
    newest = info()["backup"][-1]
    size = newest["info"]["repository"]["delta"]
    job.events.progress(1.0, f"Base backup {newest['label']}: {size} new bytes")
    return {
        "label": newest["label"],
        "kind": newest["type"],
        "database_bytes": newest["info"]["size"],
        "added_bytes": size,
        "seconds": round(time.monotonic() - started, 2),
    }
