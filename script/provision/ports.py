"""Ports: free, or taken by somebody with a name."""

import re
import socket
from pathlib import Path

from .trouble import Trouble


def require_free_port(port, purpose):
    """Stops with one sentence naming who has the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as exc:
            raise Trouble(
                f"Port {port}, needed by {purpose}, is taken by {port_owner(port)}: "
                "free it, or choose another with IPAI_PORT_… (docs/install.md)."
            ) from exc


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
