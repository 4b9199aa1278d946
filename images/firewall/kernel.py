"""Hands rules to the kernel: for this machine, and inside an overlay's own network namespace."""

import subprocess
from pathlib import Path

from rules import removal, table_name

NAMESPACES = "run/docker/netns"  # /var/run is a link, and would lead into our own file tree
TIMEOUT_SECONDS = 20


class NoRules(Exception):
    """The kernel did not take the rules; the text says why."""


def roots(proc=Path("/proc")):
    """The file trees of this machine's Docker engines, which may have mounts of their own."""
    for name in proc.glob("[0-9]*/comm"):
        try:
            if name.read_text().strip() == "dockerd" and (name.parent / "root" / "etc").exists():
                yield name.parent / "root"
        except OSError:
            continue


def namespace_of(network_id, trees):
    """The overlay's namespace on this machine as a path, None where nobody has it."""
    found = (tree / NAMESPACES / f"1-{network_id[:10]}" for tree in trees)
    return next((path for path in found if path.exists()), None)


def put(text, namespace=None):
    """Put a table in force, whole or not at all. Raises NoRules."""
    done = _nft(["-f", "-"], namespace, text)
    if done.returncode:
        raise NoRules(_last_words(done))


def has_table(family, instance, namespace=None):
    return _nft(["list", "table", family, table_name(instance)], namespace).returncode == 0


def remove(family, instance, namespace=None):
    put(removal(family, instance), namespace)


def _nft(words, namespace, text=""):
    command = ["nft", *words]
    if namespace:
        command = ["nsenter", f"--net={namespace}", *command]
    try:
        return subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoRules(str(error)) from error


def _last_words(done):
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[0] if lines else f"nft ended with {done.returncode}"
