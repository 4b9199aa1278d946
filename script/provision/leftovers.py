"""What a killed engine leaves behind: containers it has forgotten, and ports of containers that are gone.

Forgotten containers run on beside the ones that took their place.

A Docker engine that is killed together with its containerd may take what it left running for ended
when it starts again. The container's shim lives on, and so does what runs in it: an edge that answers
for the new one, a database server on the files of the next, a job beside its next attempt.
"""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def shims():
    """Return {container: pid} of the shims of Docker's containers on this machine."""
    found = {}
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_text(errors="replace").split("\0")
            if Path(words[0]).name.startswith("containerd-shim") and "moby" in words:
                found[words[words.index("-id") + 1]] = int(folder.name)
    return found


def end_forgotten(earlier, running):
    """End what the engine found at its start and does not call running; return how many.

    ``earlier``: the shims from before the start. ``running``: the containers the engine knows to run.
    """
    now = shims()
    found = [
        pid
        for container, pid in earlier.items()
        if now.get(container) == pid and container not in running
    ]
    for pid in found:
        _end(pid)
    return len(found)


def _end(shim):
    """The first process of a container takes all others of it along."""
    for pid in (*_children(shim), shim):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children(pid):
    children = []
    for listed in (PROC / str(pid) / "task").glob("*/children"):
        with suppress(OSError):
            children += [int(word) for word in listed.read_text().split()]
    return children


def proxies():
    """Return {pid: address} of the programs by which Docker holds ports, each for a container's address."""
    found = {}
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            words = (folder / "cmdline").read_text(errors="replace").split("\0")
            if Path(words[0]).name == "docker-proxy":
                found[int(folder.name)] = words[words.index("-container-ip") + 1]
    return found


def addresses(networks):
    """Return the addresses of containers that run, from what Docker tells of its networks as JSON.

    An end of a network that no container has is named after itself: "ep-…".
    """
    ends = [end for network in json.loads(networks) for end in network["Containers"].items()]
    return {
        end[name].partition("/")[0]
        for key, end in ends
        if not key.startswith("ep-")
        for name in ("IPv4Address", "IPv6Address")
    }
