"""A one-node swarm and this instance's networks; more machines join it later with `docker swarm join`."""

import json
import re
import time

from .docker_engine import docker
from .trouble import Trouble

PASSING = re.compile(r"veth|br-[0-9a-f]{12}$")
NETWORKS = {"control": [], "production": [], "nonproduction": ["--internal"], "egress": []}


def ensure_swarm(commands, settings):
    """This machine as a manager of a swarm."""
    swarm = _swarm_state(commands)
    if swarm["LocalNodeState"] == "inactive":
        commands.run(
            docker(
                "swarm",
                "init",
                "--advertise-addr",
                settings.advertise,
                "--listen-addr",
                f"{settings.advertise}:2377",
            ),
            timeout=60,
            why="The swarm could not be initialised",
        )
        return "initialised"
    _require_manager(swarm)
    return "already there"


def is_manager(commands):
    """Whether this machine manages a swarm, as everything here needs."""
    swarm = _swarm_state(commands)
    return swarm["LocalNodeState"] == "active" and bool(swarm.get("ControlAvailable"))


def _swarm_state(commands):
    text = commands.run(
        docker("info", "--format", "{{json .Swarm}}"),
        timeout=30,
        why="Docker could not be asked about its swarm",
    )
    return json.loads(text)


def _require_manager(swarm):
    if swarm["LocalNodeState"] == "active" and swarm.get("ControlAvailable"):
        return
    if swarm["LocalNodeState"] == "active":
        managers = ", ".join(node["Addr"] for node in swarm.get("RemoteManagers") or [])
        raise Trouble(
            f"This machine is a worker of another swarm (managers: {managers}): "
            "run script/server on a manager, or leave it with “docker swarm leave”."
        )
    reason = swarm.get("Error") or "no reason given"
    raise Trouble(
        f"The swarm of this machine is {swarm['LocalNodeState']} ({reason}): "
        "unlock it or leave it with “docker swarm leave --force”."
    )


def ensure_networks(commands, settings):
    """The overlay networks: control, production (way out), nonproduction (no way out), egress
    (what its proxy may be given besides the world)."""
    names = commands.run(
        docker("network", "ls", "--filter", "driver=overlay", "--format", "{{.Name}}")
    ).split()
    made = [kind for kind in NETWORKS if settings.named(kind) not in names]
    for kind in made:
        _create_network(commands, settings, kind)
    return "created " + ", ".join(made) if made else "already there"


def _create_network(commands, settings, kind):
    commands.run(
        docker(
            "network",
            "create",
            "--driver",
            "overlay",
            "--attachable",
            *NETWORKS[kind],
            "--label",
            settings.label,
            settings.named(kind),
        ),
        why=f"The network {settings.named(kind)} could not be created",
    )


def subnets(commands, settings, kind):
    """The address ranges of one of the overlay networks."""
    query = "{{range .IPAM.Config}}{{.Subnet}} {{end}}"
    asked = docker("network", "inspect", "--format", query, settings.named(kind))
    why = f"Docker does not know the network {settings.named(kind)}"
    return commands.run(asked, why=why).split()


def host_addresses(commands):
    """Every address of this machine but loopback's and those that Docker gave to passing networks."""
    told = commands.run(["ip", "-json", "address"], why="The machine's addresses could not be read")
    return sorted(
        one["local"]
        for link in json.loads(told)
        for one in link.get("addr_info", ())
        if one.get("scope") == "global" and not PASSING.match(link["ifname"])
    )


def label_this_node(commands, settings):
    """Marks this machine as the one that keeps the instance's volumes, for the stack's placement."""
    node = commands.run(docker("info", "--format", "{{.Swarm.NodeID}}")).strip()
    label = f"ipai.{settings.instance}=data"
    commands.run(
        docker("node", "update", "--label-add", label, node), why="The node could not be labelled"
    )


def unlabel_this_node(commands, settings):
    """Takes the mark away, where there is one."""
    node = commands.run(docker("info", "--format", "{{.Swarm.NodeID}}")).strip()
    commands.attempt(docker("node", "update", "--label-rm", f"ipai.{settings.instance}", node))
    return "removed"


def gateway_address(commands, timeout_seconds=20):
    """The machine's address on docker_gwbridge: reachable from containers, not from other machines."""
    query = docker(
        "network", "inspect", "docker_gwbridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"
    )
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        asked = commands.attempt(query, timeout=20)
        if asked.returncode == 0 and asked.stdout.strip():
            return asked.stdout.strip()
        time.sleep(0.3)
    raise Trouble(
        "Docker made no bridge named docker_gwbridge, so containers cannot reach this machine: restart Docker."
    )
