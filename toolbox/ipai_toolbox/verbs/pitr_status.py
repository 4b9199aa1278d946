"""Says which times of production can be restored, and how far the archive is behind."""

import time

from ..job import Job
from ..postgres import Server, server_of
from ..wal_archive import info, reach, shown

BEHIND = """SELECT coalesce(extract(epoch FROM now() - last_archived_time), -1)::int, failed_count,
  coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL)
FROM pg_stat_archiver"""
WAITING = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
SWITCH_SECONDS = 20
PAUSE_SECONDS = 0.3


def run(job: Job) -> dict:
    """With ``switch`` in the order what is written so far is archived first: it can be asked for then."""
    facts = info()
    with server_of(job.spec.part("server"), job.places) as server:
        if job.spec.get("switch"):
            _switch(server)
        lag = _lag(server)
    oldest, newest = reach()
    if lag["failing"]:
        job.events.warning(
            f"The production server cannot archive its WAL: {lag['waiting']} segments wait on it."
        )
    job.events.progress(1.0, f"Restorable from {shown(oldest)} until {shown(newest)}")
    bytes_used = sum(backup["info"]["repository"]["delta"] for backup in facts["backup"])
    about = {"oldest": shown(oldest), "newest": shown(newest), "base_backups": len(facts["backup"])}
    return {**about, "base_bytes": bytes_used, **lag}


def _switch(server: Server) -> None:
    """Close the segment that is being written, and wait a moment until nothing waits any more."""
    server.value("SELECT pg_switch_wal()")
    deadline = time.monotonic() + SWITCH_SECONDS
    while int(server.value(WAITING)) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)


def _lag(server: Server) -> dict:
    """Seconds since the last archived segment (-1: none yet), and segments that wait."""
    seconds, failed, failing = server.rows(BEHIND)[0]
    waiting = int(server.value(WAITING))
    return {
        "lag_seconds": int(seconds),
        "failed": int(failed),
        "failing": failing == "t",
        "waiting": waiting,
    }
