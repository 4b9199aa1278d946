"""Ports: free, or taken by somebody with a name."""

import re
import socket
import time
from pathlib import Path

from .trouble import Trouble


def require_free_port(port, purpose, within_seconds=0):
    """Stops with one sentence naming who has the port; waits for one who is just ending."""
    deadline = time.monotonic() + within_seconds
    while (taken := _bind_error(port)) and time.monotonic() < deadline:
        time.sleep(0.2)
    if taken:
        raise Trouble(
            f"Port {port}, needed by {purpose}, is taken by {port_owner(port)}: "
            "free it, or choose another with IPAI_PORT_… (docs/install.md)."
        ) from taken


def _bind_error(port):
    """The OSError of who listens there, else None."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as exc:
            return exc
    return None


def port_owner(port):
    """Who listens on `port`, as a person would say it."""
    inode = _listening_inode(port)
    for link in Path("/proc").glob("[0-9]*/fd/*") if inode else ():
        try:
            if str(link.readlink()) == f"socket:[{inode}]":
                return f"“{_command_line(link.parts[2])}” (pid {link.parts[2]})"
        except OSError:
            continue
    return "a program that could not be named"


def _listening_inode(port):
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                return fields[9]
    return None


def _command_line(pid):
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return re.sub(r"\s+", " ", words).strip()[:80]
