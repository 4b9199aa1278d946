"""Long-lived programs of ours: started detached, known by pid and start time, so a reused pid fools nobody."""

import os
import signal
import subprocess
import time
from pathlib import Path

from .trouble import Trouble

LOG_LIMIT_BYTES = 50 << 20


def start_detached(command, pid_path, log_path, environ=None):
    """Start `command` so that it outlives us; remembers it in `pid_path`."""
    pid_path.parent.mkdir(parents=True, exist_ok=True)
    log_path.parent.mkdir(parents=True, exist_ok=True)
    _keep_short(log_path)
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env={**os.environ, **(environ or {})},
        )
    pid_path.write_text(f"{process.pid} {_start_time(process.pid)}")
    return process.pid


def running_pid(pid_path):
    """The pid remembered in `pid_path` while that very process lives, else None."""
    try:
        pid, started = pid_path.read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if started != "-" and _start_time(int(pid)) == started else None


def stop(pid_path, timeout_seconds=30, first_signal=signal.SIGTERM):
    """Ask the process to end, then make it; says whether it was running."""
    pid = running_pid(pid_path)
    if pid is None:
        return False
    os.kill(pid, first_signal)
    if not _has_ended(pid_path, timeout_seconds):
        os.killpg(pid, signal.SIGKILL)
        if not _has_ended(pid_path, 10):
            raise Trouble(f"The process {pid} does not stop, not even when killed.")
    pid_path.unlink(missing_ok=True)
    return True


def last_line(log_path):
    """The last line a program wrote, for an error message."""
    if not log_path.exists():
        return "it wrote no log"
    lines = [line for line in log_path.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][-300:] if lines else "it wrote an empty log"


def _keep_short(log_path):
    """A log past its limit becomes the one earlier log that is kept."""
    if log_path.exists() and log_path.stat().st_size > LOG_LIMIT_BYTES:
        log_path.rename(log_path.with_name(log_path.name + ".1"))


def _has_ended(pid_path, timeout_seconds):
    deadline = time.monotonic() + timeout_seconds
    while running_pid(pid_path) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _start_time(pid):
    """The process's start in clock ticks since boot (proc(5), field 22); “-” when it is gone or a zombie."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "-"
    return "-" if state == "Z" else fields[18]
