"""The firewall's rules on real packets, in network namespaces that stand for a machine and its containers."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "images" / "firewall"))

from containers import platform_addresses, resolvers_in, sorted_out  # noqa: E402
from rules import Host, host_rules, overlay_rules, places, removal  # noqa: E402

from provision import firewall  # noqa: E402
from provision.trouble import Trouble  # noqa: E402

ODOO, GIT, SSH, STORE, DNS = 18069, 19418, 22, 9000, 53
EDGE, TENANT, JOB, OTHER, NEW = (f"172.18.0.{n}" for n in (2, 3, 4, 5, 6))
BUILD, MACHINE, SWARM_GATE, BUILDS_GATE = "172.17.0.2", "198.51.100.1", "172.18.0.1", "172.17.0.1"
LISTEN = """
import socket, sys, threading
for port in map(int, sys.argv[1:]):
    listener = socket.create_server(("", port))
    threading.Thread(target=lambda one: [one.accept() for _ in iter(int, 1)], args=(listener,)).start()
print("ready", flush=True)
"""
ASK = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor
def ask(place):
    host, port = place.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), 0.7):
            return place
    except OSError:
        return ""
with ThreadPoolExecutor(32) as pool:
    print(*filter(None, pool.map(ask, sys.argv[1:])))
"""


class Lab:
    """Namespaces with cables between them; all gone with ``close``."""

    def __init__(self):
        self.mark = uuid.uuid4().hex[:6]
        self.spaces, self.listeners = [], []

    def space(self, name):
        self.spaces.append(self._full(name))
        run("ip", "netns", "add", self._full(name))
        self.inside(name, "ip", "link", "set", "lo", "up")

    def bridge(self, machine, name, *addresses):
        self.inside(machine, "ip", "link", "add", name, "type", "bridge")
        for address in addresses:
            self.inside(machine, "ip", "address", "add", address, "dev", name)
        self.inside(machine, "ip", "link", "set", name, "up")

    def cable(self, machine, bridge, name, address, gateway=None):
        """A namespace with one address on the machine's bridge."""
        self.space(name)
        end = f"v{len(self.spaces)}"
        words = ["ip", "link", "add", end, "type", "veth", "peer", "name", "eth0"]
        self.inside(machine, *words, "netns", self._full(name))
        self.inside(machine, "ip", "link", "set", end, "master", bridge, "up")
        self.inside(name, "ip", "address", "add", address, "dev", "eth0")
        self.inside(name, "ip", "link", "set", "eth0", "up")
        if gateway:
            self.inside(name, "ip", "route", "add", "default", "via", gateway)

    def inside(self, name, *words, stdin=""):
        return run("ip", "netns", "exec", self._full(name), *words, stdin=stdin)

    def rules(self, name, text):
        self.inside(name, "nft", "-f", "-", stdin=text)

    def listen(self, name, *ports):
        words = ["ip", "netns", "exec", self._full(name), sys.executable, "-c", LISTEN]
        listener = subprocess.Popen([*words, *map(str, ports)], stdout=subprocess.PIPE, text=True)
        self.listeners.append(listener)
        assert listener.stdout.readline() == "ready\n"

    def reached(self, name, *asked):
        return set(self.inside(name, sys.executable, "-c", ASK, *asked).split())

    def close(self):
        for listener in self.listeners:
            listener.kill()
            listener.wait()
        for name in self.spaces:
            run("ip", "netns", "delete", name)

    def _full(self, name):
        return f"ipai-{self.mark}-{name}"


def run(*words, stdin=""):
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def machine():
    """A machine with Docker's two bridges, its containers, a neighbour in its own network and the world."""
    lab = Lab()
    try:
        lab.space("m")
        lab.inside("m", "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        lab.bridge("m", "docker0", f"{BUILDS_GATE}/16")
        lab.bridge("m", "docker_gwbridge", f"{SWARM_GATE}/16")
        lab.bridge("m", "lan", f"{MACHINE}/24", "10.1.0.1/24", "192.168.1.1/24", "169.254.169.1/24")
        lab.cable("m", "docker0", "build", f"{BUILD}/16", BUILDS_GATE)
        for address in (EDGE, TENANT, JOB, OTHER, NEW):
            lab.cable("m", "docker_gwbridge", address, f"{address}/16", SWARM_GATE)
        lab.cable("m", "lan", "near", "10.1.0.5/24", "10.1.0.1")
        for address in ("192.168.1.5/24", "198.51.100.5/24", "169.254.169.254/24"):
            lab.inside("near", "ip", "address", "add", address, "dev", "eth0")
        lab.listen("m", ODOO, GIT, SSH, DNS)
        lab.listen("near", STORE, DNS)
        lab.rules("m", host_rules(HOST))
        yield lab
    finally:
        lab.close()


HOST = Host(
    "lab",
    odoo_ports=(ODOO,),
    own_ports=(ODOO, GIT),
    resolvers=("10.1.0.5", BUILDS_GATE),
    callers=(EDGE,),
    workers=(JOB,),
    tenants=(TENANT,),
    foreign=(OTHER,),
    builds_may_reach=places("192.168.1.5:9000"),
)
HERE = [f"{at}:{port}" for at in (MACHINE, SWARM_GATE, BUILDS_GATE) for port in (ODOO, GIT, SSH)]
WORLD = f"198.51.100.5:{STORE}"


def test_a_build_reaches_the_world_the_name_server_and_what_is_opened(machine):
    near = [f"10.1.0.5:{STORE}", f"169.254.169.254:{STORE}", f"{TENANT}:{STORE}"]
    opened = {WORLD, "10.1.0.5:53", f"{BUILDS_GATE}:53", f"192.168.1.5:{STORE}"}
    assert machine.reached("build", *HERE, *near, *opened) == opened


def test_a_target_reaches_the_world_and_its_own_network_but_not_the_machine(machine):
    beyond = {WORLD, f"10.1.0.5:{STORE}", f"192.168.1.5:{STORE}"}
    asked = [*HERE, *beyond, f"169.254.169.254:{STORE}", f"{SWARM_GATE}:53"]
    assert machine.reached(TENANT, *asked) == beyond


def test_edge_and_gates_reach_operations_alone(machine):
    assert machine.reached(EDGE, *HERE) == {place for place in HERE if place.endswith(f":{ODOO}")}


def test_a_job_of_ours_reaches_the_repositories_and_not_operations(machine):
    found = machine.reached(JOB, *HERE)
    assert f"{SWARM_GATE}:{GIT}" in found
    assert not [place for place in found if place.endswith(f":{ODOO}")]


def test_containers_of_others_keep_the_machine_but_not_our_ports(machine):
    assert machine.reached(OTHER, *HERE) == {one for one in HERE if one.endswith(f":{SSH}")}


def test_a_container_that_is_not_known_yet_waits(machine):
    assert machine.reached(NEW, *HERE) == set()


def test_the_machine_reaches_itself(machine):
    assert machine.reached("m", *HERE, f"127.0.0.1:{ODOO}") == {*HERE, f"127.0.0.1:{ODOO}"}


def test_two_instances_neither_open_nor_close_each_others_doors(machine):
    machine.rules(
        "m", host_rules(Host("second", odoo_ports=(SSH,), own_ports=(SSH,), foreign=(EDGE, JOB)))
    )
    try:
        assert machine.reached(EDGE, f"{SWARM_GATE}:{ODOO}", f"{SWARM_GATE}:{SSH}") == {
            f"{SWARM_GATE}:{ODOO}"
        }
        assert machine.reached(TENANT, *HERE) == set()
    finally:
        machine.rules("m", removal("inet", "second"))
    assert "table inet ipai_lab" in machine.inside("m", "nft", "list", "tables")
    assert machine.reached(TENANT, *HERE) == set()


def test_what_is_taken_away_leaves_the_machine_as_it_was():
    lab = Lab()
    try:
        lab.space("m")
        for text in (host_rules(HOST), host_rules(HOST), overlay_rules("lab", ("10.0.1.2",))):
            lab.rules("m", text)
        for family in ("inet", "bridge", "inet"):
            lab.rules("m", removal(family, "lab"))
        assert lab.inside("m", "nft", "list", "tables").strip() == ""
    finally:
        lab.close()


def test_on_an_overlay_a_target_speaks_to_the_platform_and_to_no_neighbour():
    lab = Lab()
    try:
        lab.space("overlay")
        lab.bridge("overlay", "br0")
        for name, address in (("edge", "10.0.1.2"), ("one", "10.0.1.3"), ("two", "10.0.1.4")):
            lab.cable("overlay", "br0", name, f"{address}/24")
        for name in ("edge", "one", "two"):
            lab.listen(name, ODOO)
        everybody = {f"10.0.1.{n}:{ODOO}" for n in (2, 3, 4)}
        assert lab.reached("one", *everybody) == everybody, "they could before"
        lab.rules("overlay", overlay_rules("lab", ("10.0.1.2",)))
        assert lab.reached("edge", *everybody) == everybody
        assert lab.reached("one", *everybody) == {f"10.0.1.2:{ODOO}", f"10.0.1.3:{ODOO}"}
        lab.rules("overlay", overlay_rules("lab", ()))
        assert lab.reached("one", *everybody) == {f"10.0.1.3:{ODOO}"}
    finally:
        lab.close()


def container(identity, service, *networks, **labels):
    return {
        "Id": identity,
        "Labels": {"com.docker.swarm.service.name": service, **labels},
        "NetworkSettings": {
            "Networks": {name: {"IPAddress": f"{identity}@{name}"} for name in networks}
        },
    }


def test_names_and_networks_say_who_is_who_and_an_images_labels_say_nothing():
    running = [
        container("edge", "a-edge", "a-control", "a-production", "a-nonproduction"),
        container("stackmail", "a_mail", "a-control", "a-nonproduction"),
        container("postgres", "a-postgres-production", "a-control", "a-production"),
        container("build", "a-run-1-build-1", "a-control"),
        container("update", "a-run-1-update-1", "a-production"),
        container("target", "a-env-1", "a-production", **{"ipai.step": "build"}),
        container("mixed", "a-run-9-x", "a-control", "a-production"),
        container("other", "b-edge", "b-control"),
    ]
    bridge = {"Containers": {one["Id"]: {"IPv4Address": f"{one['Id']}/16"} for one in running}}
    bridge["Containers"]["just coming"] = {"IPv4Address": "new/16"}
    assert sorted_out("a", running, bridge) == {
        "callers": ("edge", "stackmail"),
        "workers": ("build",),
        "tenants": ("mixed", "postgres", "target", "update"),
        "foreign": ("other",),
    }


def test_the_platform_is_known_on_other_machines_too():
    here = [container("edge", "a-edge", "a-production"), container("t", "a-env-1", "a-production")]
    tasks = {
        "a-postgres-production": [{"EndpointIP": "10.0.1.9"}],
        "a-env-2": [{"EndpointIP": "x"}],
    }
    network = {"Name": "a-production", "Services": {n: {"Tasks": t} for n, t in tasks.items()}}
    assert platform_addresses("a", here, network) == ("10.0.1.9", "edge@a-production")
    assert platform_addresses("a", [], {"Name": "a-production", "Services": None}) == ()


def test_name_servers_of_the_machine_alone_are_no_use_to_a_container():
    texts = ("nameserver 127.0.0.53\nsearch x\n", "nameserver 10.1.1.1\nnameserver fe80::1%eth0\n")
    assert resolvers_in(*texts) == ("10.1.1.1", "fe80::1")


@pytest.mark.parametrize("word", ["pypi.org:443", "10.0.0.5:0", "10.0.0.5:x", "10.0.0.1/8", "[::1"])
def test_a_place_that_is_none_is_named_with_its_variable(word):
    settings = SimpleNamespace(
        instance="lab", ports={}, checkout=ROOT, builds_may_reach=word, targets_may_reach=""
    )
    with pytest.raises(Trouble, match="IPAI_BUILDS_MAY_REACH: “"):
        firewall.order(settings)


class Docker:
    """Stands for Docker's command line: the container runs."""

    def attempt(self, _command, **_options):
        return SimpleNamespace(returncode=0, stdout="true\n", stderr="")

    def run(self, command, **_options):
        if self.said is not None and "run" in command:
            (self.folder / "status").write_text(self.said)
        return ""

    def __init__(self, folder, said):
        self.folder, self.said = folder / "firewall", said


@pytest.fixture
def lab_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(firewall, "SETTLE_SECONDS", 0)
    return SimpleNamespace(
        instance="lab",
        named="lab-{}".format,
        ports={"odoo": 1},
        checkout=ROOT,
        state=tmp_path,
        builds_may_reach="10.0.0.5:3128",
        targets_may_reach="",
    )


def test_rules_that_cannot_be_made_are_told_at_start_and_in_the_status(lab_settings, tmp_path):
    said = "the kernel does not take the rules: Operation not permitted"
    engine = Docker(tmp_path, said)
    note = firewall.ensure_firewall(engine, lab_settings, "image")
    assert note == f"NOT IN FORCE: {said}; {firewall.OPEN_UNTIL}"
    assert firewall.state(engine, lab_settings) == (False, said)


def test_a_keeper_that_says_nothing_or_only_long_ago_is_not_well(lab_settings, tmp_path):
    silent = Docker(tmp_path, None)
    assert "NOT IN FORCE: it has not said yet" in firewall.ensure_firewall(
        silent, lab_settings, "image"
    )
    well = Docker(tmp_path, "")
    firewall.ensure_firewall(well, lab_settings, "image")
    assert firewall.state(well, lab_settings) == (True, "rules in force")
    os.utime(tmp_path / "firewall/status", (1, 1))
    assert firewall.state(well, lab_settings)[0] is False


def test_what_the_keeper_is_given_is_not_more_than_it_needs(lab_settings):
    words = firewall.run_words(lab_settings, "image")
    assert "--privileged" not in words
    assert words[words.index("--cap-drop") + 1] == "ALL"
    assert json.loads(words[-2].partition("=")[2])["builds_may_reach"] == "10.0.0.5:3128"
