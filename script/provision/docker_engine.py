"""The Docker engine: the running one if there is one, otherwise one that we start and remember as ours."""

import shutil
import signal
import time
from pathlib import Path

from . import leftovers, processes
from .settings import ENGINE_STATE
from .trouble import Trouble

SOCKET = "unix:///var/run/docker.sock"
DAEMON_PID = Path("/var/run/docker.pid")
OUR_PID = ENGINE_STATE / "dockerd.pid"
LOG = ENGINE_STATE / "dockerd.log"
STARTS = 3
SECOND_LOOK_SECONDS = 2


def docker(*words):
    """A docker command for the local engine, as a list; Debian's own client first."""
    program = (
        "/usr/bin/docker"
        if Path("/usr/bin/docker").exists()
        else shutil.which("docker") or "docker"
    )
    return [program, "--host", SOCKET, *words]


def ensure_engine(commands):
    """A Docker engine that answers; starts one where none does."""
    if answers(commands):
        return "running, ours" if is_ours() else "running"
    if Path("/run/systemd/system").exists():
        commands.run(
            ["systemctl", "start", "docker"], timeout=90, why="systemd could not start Docker"
        )
        return _wait_for_answer(commands, "started by systemd")
    for attempt in range(1, STARTS + 1):
        earlier = leftovers.shims()
        start_engine()
        if not _comes_up(commands):
            continue
        listed = commands.run(docker("ps", "--quiet", "--no-trunc"), timeout=60)
        leftovers.end_forgotten(earlier, listed.split())
        if attempt < STARTS and _holds_ports_of_nobody(commands):
            stop_engine()  # in order: then it lets them go
            continue
        return "started, ours"
    raise Trouble(f"Docker does not start: {processes.last_line(LOG)} (log: {LOG}).")


def _holds_ports_of_nobody(commands):
    """Whether ports are held for containers that are gone: a killed engine may do so from its next start on.

    Looked at twice, because a container may just be leaving.
    """
    held = _held_for_nobody(commands)
    if held:
        time.sleep(SECOND_LOOK_SECONDS)
    return bool(held & _held_for_nobody(commands)) if held else False


def _held_for_nobody(commands):
    """Return the proxies whose address no container has; those that begin meanwhile are not looked at."""
    held = leftovers.proxies()
    if not held:
        return set()
    words = docker("network", "ls", "--quiet", "--filter", "driver=bridge")
    names = commands.run(words, timeout=60).split()
    networks = commands.run(docker("network", "inspect", *names), timeout=60)
    known = leftovers.addresses(networks)
    return {pid for pid, address in held.items() if address not in known}


def _comes_up(commands, timeout_seconds=60):
    """Whether our engine answers before it ends; after a crash its old containerd can make a first start fail."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline and is_ours():
        if answers(commands):
            return True
        time.sleep(0.3)
    return False


def is_installed():
    """Whether this machine has an engine to start; a client alone is none."""
    return bool(_daemon())


def answers(commands):
    """Whether an engine is there and speaks; one that is busy with its start keeps callers waiting."""
    if not shutil.which(docker()[0]):
        return False
    try:
        return commands.succeeds(docker("version", "--format", "{{.Server.Version}}"), timeout=20)
    except Trouble:
        return False


def is_ours():
    """Whether the engine we once started is still the one that runs."""
    return processes.running_pid(OUR_PID) is not None


def start_engine():
    """Start dockerd, detached from this process; its log and pid go to the engine's state folder."""
    if is_ours():
        return
    _clear_stale_pid()
    program = _daemon()
    if not program:
        raise Trouble("The program dockerd is missing: install Debian's package docker.io.")
    processes.start_detached(daemon_words(program), OUR_PID, LOG)


def daemon_words(program):
    """How dockerd is started: no container of this engine gains a privilege that it did not begin with."""
    return [program, "--host", SOCKET, "--pidfile", DAEMON_PID, "--no-new-privileges"]


def _daemon():
    return shutil.which("dockerd", path="/usr/sbin:/usr/bin:/usr/local/bin")


def stop_engine(first_signal=signal.SIGTERM):
    """Stop our own engine; says whether there was one. Someone else's engine is left alone."""
    return processes.stop(OUR_PID, timeout_seconds=60, first_signal=first_signal)


def _wait_for_answer(commands, note, timeout_seconds=60):
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if answers(commands):
            return note
        time.sleep(0.3)
    raise Trouble(
        f"Docker did not come up within {timeout_seconds} s: {processes.last_line(LOG)} (log: {LOG})."
    )


def _clear_stale_pid():
    """A killed dockerd leaves its pid file, and the next one refuses to start when that pid is taken."""
    text = DAEMON_PID.read_text().strip() if DAEMON_PID.exists() else ""
    if text.isdigit() and not _is_dockerd(int(text)):
        DAEMON_PID.unlink(missing_ok=True)


def _is_dockerd(pid):
    try:
        return "dockerd" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def machine_of(commands):
    """(processors, bytes of memory) of the machine, as its Docker engine sees it."""
    told = commands.run(
        docker("info", "--format", "{{.NCPU}} {{.MemTotal}}"),
        timeout=30,
        why="Docker could not be asked how large this machine is",
    )
    cpus, memory = told.split()
    return int(cpus), int(memory)
