"""Keeps this machine's rules as they must be, whatever comes, goes or clears them.

`firewall.py` stays and keeps them. When it ends, as with the engine, this machine's rules stay in force;
it takes them away only where the file `end` lies beside its status. `firewall.py check` says by its exit
status whether they are in force.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import docker_api
import kernel
from containers import STAGES, host_of, platform_addresses, resolvers_in
from rules import host_rules, overlay_rules, places

STATUS = Path("/run/firewall/status")  # a folder of the machine: `script/server status` reads it
END = STATUS.with_name("end")  # written by `script/server stop`
LOOK_SECONDS = 2
SETTLE_SECONDS = 0.05  # several things happen to a container that comes
STALE_SECONDS = 60
RESOLVERS = ("etc/resolv.conf", "run/systemd/resolve/resolv.conf")


def read_settings(environ):
    """What `script/provision/firewall.py` handed over. Raises ValueError on a place that is none."""
    settings = json.loads(environ["FIREWALL"])
    for name in ("builds_may_reach", "targets_may_reach"):
        settings[name] = places(settings.get(name) or "")
    return settings


class Keeper:
    """Looks, compares and puts right; remembers what it put in force where."""

    def __init__(self, settings):
        self.settings = settings
        self.instance = settings["instance"]
        self._in_force = {}

    def look(self):
        """One round. Raises OSError without Docker, NoRules where the kernel refuses."""
        containers = docker_api.containers()
        trees = list(kernel.roots())
        if not trees:
            raise kernel.NoRules("no process dockerd is seen, or its files are closed to us")
        bridges = [docker_api.network(name) or {} for name in ("bridge", "docker_gwbridge")]
        resolvers = resolvers_in(*(_text(tree / path) for tree in trees for path in RESOLVERS))
        host = host_of(self.settings, containers, bridges, resolvers)
        self._ensure("inet", None, 0, host_rules(host))
        for stage in STAGES:
            self._overlay(stage, containers, trees)

    def _overlay(self, stage, containers, trees):
        name = f"{self.instance}-{stage}"
        network = docker_api.network(name, is_verbose=True)
        if not network:
            return
        namespace = kernel.namespace_of(network["Id"], trees)
        if namespace:
            addresses = platform_addresses(self.instance, containers, network)
            rules = overlay_rules(self.instance, addresses)
            self._ensure("bridge", namespace, namespace.stat().st_ino, rules)
        elif any(name in one["NetworkSettings"]["Networks"] for one in containers):
            raise kernel.NoRules(f"the namespace of the network {name} is not found")

    def _ensure(self, family, namespace, inode, text):
        """A namespace of the same name may be another one: its number tells."""
        key = (family, str(namespace))
        if self._in_force.get(key) == (inode, text) and kernel.has_table(
            family, self.instance, namespace
        ):
            return
        kernel.put(text, namespace)
        self._in_force[key] = (inode, text)

    def take_away(self):
        for family, name in list(self._in_force):
            namespace = None if name == "None" else name
            if namespace is None or Path(namespace).exists():
                kernel.remove(family, self.instance, namespace)


def _text(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def keep(keeper, stop, stirred):
    """Look again whenever something stirs, and every two seconds; say so when it becomes well or ill."""
    said = None
    while not stop.is_set():
        trouble = _looked(keeper)
        if trouble != said:
            print(trouble or "the rules are in force", flush=True)
        said = trouble
        _write(STATUS, trouble)
        if stirred.wait(LOOK_SECONDS):
            time.sleep(SETTLE_SECONDS)
        stirred.clear()


def _looked(keeper):
    try:
        keeper.look()
        return ""
    except kernel.NoRules as error:
        return f"the kernel does not take the rules: {error}"
    except OSError as error:
        return f"Docker does not answer: {error}"


def _write(path, text):
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.rename(path)


def listen(stirred, stop):
    """Hear of every container that comes or goes, for ever."""
    while not stop.is_set():
        for _ in docker_api.stirrings():
            stirred.set()
        stop.wait(1)


def check():
    """Whether the last round was a moment ago and went well; its trouble goes to the output."""
    if not STATUS.exists() or time.time() - STATUS.stat().st_mtime > STALE_SECONDS:
        sys.stdout.write("the rules have not been looked after")
        return 1
    trouble = STATUS.read_text()
    sys.stdout.write(trouble)
    return 1 if trouble else 0


def main(words):
    if words == ["check"]:
        return check()
    keeper = Keeper(read_settings(os.environ))
    stop, stirred = threading.Event(), threading.Event()

    def end(*_):
        stop.set()
        stirred.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    threading.Thread(target=listen, args=(stirred, stop), daemon=True).start()
    keep(keeper, stop, stirred)
    if END.exists():
        keeper.take_away()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
