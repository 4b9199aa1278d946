"""What builds and targets reach on the running instance: nothing of this machine, nothing of each other."""

import contextlib
import json
import socket
import uuid

import docker
import pytest

from provision import swarm

# Asks all at once; an address that drops what it is sent costs the same as one.
TRY = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def ask(place):
    host, port = place.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), 3):
            return place
    except OSError:
        return None
places = json.loads(sys.argv[1])
with ThreadPoolExecutor(64) as pool:
    print("OPEN", json.dumps([one for one in pool.map(ask, places) if one]))
"""
SERVE = ["python3", "-m", "http.server", "8069"]
OUR_PORTS = ("edge", "registry", "git", "odoo", "websocket")
INTERNET = "pypi.org:443"


class Reach:
    """The addresses of this machine and of the instance's containers, as an attacker would try them."""

    def __init__(self, settings, docker_world):
        self.settings, self.world = settings, docker_world
        self.name = settings.instance
        self.gateway = swarm.gateway_address(docker_world.commands)

    def machine(self):
        """Every port of ours at every address of this machine, and its other services."""
        addresses = swarm.host_addresses(self.world.commands)
        ports = [self.settings.ports[name] for name in OUR_PORTS]
        return [f"{one}:{port}" for one in addresses if ":" not in one for port in [22, *ports]]

    def container(self, part):
        [found] = self.world.containers_of(f"{self.name}-{part}")
        return found

    def addresses(self, part, port):
        """A platform container at each of its networks, the bridge to the machine included."""
        networks = self.container(part).attrs["NetworkSettings"]["Networks"].values()
        found = [f"{network['IPAddress']}:{port}" for network in networks]
        return [*found, *self.on_bridge(part, port)]

    def on_bridge(self, part, port):
        """A platform container at the bridge it shares with production's targets."""
        bridge = self.world.client.networks.get("docker_gwbridge")
        own = bridge.attrs["Containers"].get(self.container(part).id, {}).get("IPv4Address", "")
        return [f"{own.partition('/')[0]}:{port}"] if own else []

    def open_from(self, container, places):
        """Return those of the places that the container reaches."""
        python = container.exec_run(["python3", "-c", TRY, json.dumps(places)], user="root")
        return opened(python.output.decode())


def opened(text):
    [line] = [line for line in text.splitlines() if "OPEN [" in line]
    return set(json.loads(line[line.index("[") :]))


@pytest.fixture(scope="module")
def reach(settings, docker_world):
    return Reach(settings, docker_world)


@pytest.fixture(scope="module")
def neighbours(reach, docker_world):
    """Make a container as a target's beside others: ``neighbours("production")`` → container, address."""
    made = []

    def make(stage):
        container = docker_world.client.containers.run(
            docker_world.image_of(f"{reach.name}-egress"),
            entrypoint=SERVE,
            detach=True,
            network=f"{reach.name}-{stage}",
            healthcheck={"test": ["NONE"]},
            name=f"{reach.name}-neighbour-{uuid.uuid4().hex[:6]}",
            labels={"ipai.instance": reach.name},
        )
        made.append(container)
        container.reload()
        network = container.attrs["NetworkSettings"]["Networks"][f"{reach.name}-{stage}"]
        return container, network["IPAddress"]

    yield make
    for container in made:
        container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def target(reach, suite):
    """The demo's running production target."""
    [found] = suite.search(
        "ops.environment", [["project_id.code", "=", "demo"], ["stage", "=", "production"]], "id"
    )
    return reach.container(f"env-{found['id']}")


def until_served(suite, reach, place):
    """Wait until the edge, which may, reaches it: then it listens, and the rules know it."""
    edge = reach.container("edge")
    suite.until(lambda: reach.open_from(edge, [place]), 60, f"{place} is never served.")


def test_a_production_target_reaches_nothing_of_this_machine(reach, target):
    assert reach.open_from(target, reach.machine()) == set()


def test_a_production_target_reaches_the_world_and_its_database(reach, target):
    places = [INTERNET, f"{reach.name}-postgres-production:5432"]
    assert reach.open_from(target, places) == set(places)


def test_a_production_target_reaches_no_registry_no_other_server_and_no_metadata(reach, target):
    closed = [
        *reach.on_bridge("registry", 5000),
        *reach.on_bridge("postgres-production", 5432),
        *reach.on_bridge("postgres-nonproduction", 5432),
        *reach.on_bridge("mail", 1025),
        *reach.on_bridge("egress", 3128),
        *(f"{reach.name}-{part}:5432" for part in ("postgres-nonproduction", "mail")),
        f"{reach.name}-registry:5000",
        "169.254.169.254:80",
    ]
    assert reach.open_from(target, closed) == set()


@pytest.mark.parametrize("stage", ["production", "nonproduction"])
def test_neighbours_do_not_reach_each_other_but_the_edge_reaches_both(
    suite, reach, neighbours, stage
):
    (one, its), (other, others) = neighbours(stage), neighbours(stage)
    for address in (its, others):
        until_served(suite, reach, f"{address}:8069")
    assert reach.open_from(one, [f"{others}:8069"]) == set()
    assert reach.open_from(other, [f"{its}:8069"]) == set()


def test_a_production_target_reaches_no_other_target(suite, reach, neighbours, target):
    _container, address = neighbours("production")
    until_served(suite, reach, f"{address}:8069")
    assert reach.open_from(target, [f"{address}:8069"]) == set()


def test_staging_and_development_reach_the_ways_out_and_nothing_else(suite, reach, neighbours):
    container, address = neighbours("nonproduction")
    until_served(suite, reach, f"{address}:8069")
    ways = {"mail": 1025, "egress": 3128, "postgres-nonproduction": 5432}
    wanted = {f"{reach.name}-{part}:{port}" for part, port in ways.items()}
    closed = [*reach.machine(), *reach.addresses("postgres-production", 5432), INTERNET]
    assert reach.open_from(container, [*wanted, *closed]) == wanted


def test_the_edge_and_the_gates_reach_operations_and_no_other_port_of_the_machine(reach):
    ports = reach.settings.ports
    operations = {f"{reach.gateway}:{ports[name]}" for name in ("odoo", "websocket")}
    for part in ("edge", "mail", "egress"):
        found = reach.open_from(reach.container(part), reach.machine())
        assert f"{reach.gateway}:{ports['odoo']}" in found, part
        assert found <= operations, part


@pytest.fixture(scope="module")
def build(reach, suite, docker_world, tmp_path_factory):
    """Run a line of a Dockerfile as the builder does, with its image; return exit status and output."""
    client, tag = docker_world.client, f"{reach.name}-reach:test"
    base = docker_world.image_of(f"{reach.name}-egress")
    command = ["docker", "build", "--progress", "plain", "--no-cache", "--tag", tag, "/context"]

    def run(words, option=""):
        folder = tmp_path_factory.mktemp("build")
        folder.joinpath("try.py").write_text(TRY)
        lines = [f"FROM {base}", "USER root", "COPY try.py /", f"RUN {option} {json.dumps(words)}"]
        folder.joinpath("Dockerfile").write_text("\n".join(lines))
        container = client.containers.run(
            suite.facts["images"]["tools"],
            entrypoint=command,
            environment={"DOCKER_BUILDKIT": "1"},
            detach=True,
            network="none",
            volumes=[f"{folder}:/context:ro", "/var/run/docker.sock:/var/run/docker.sock"],
            healthcheck={"test": ["NONE"]},
            labels={"ipai.instance": reach.name},
        )
        try:
            status = container.wait(timeout=300)["StatusCode"]
            return status, container.logs().decode()
        finally:
            container.remove(force=True, v=True)

    yield run
    with contextlib.suppress(docker.errors.ImageNotFound):
        client.images.remove(tag, force=True)


def test_a_build_reaches_nothing_of_this_machine_or_of_any_container(
    suite, reach, build, target, neighbours
):
    _container, address = neighbours("production")
    until_served(suite, reach, f"{address}:8069")
    [inside] = target.attrs["NetworkSettings"]["Networks"].values()
    closed = [
        *reach.machine(),
        *reach.addresses("registry", 5000),
        *reach.addresses("postgres-production", 5432),
        *reach.addresses("edge", 80),
        f"{inside['IPAddress']}:8069",
        f"{address}:8069",
        "169.254.169.254:80",
        "10.0.0.1:443",
        "192.168.0.1:80",
    ]
    status, said = build(["python3", "/try.py", json.dumps([*closed, INTERNET])])
    assert status == 0, said
    assert opened(said) == {INTERNET}


def test_a_build_cannot_take_the_machines_network(build):
    status, said = build(["true"], option="--network=host")
    assert status
    assert "network.host is not allowed" in said or "Unknown flag: network" in said, said


def test_a_build_cannot_take_the_machines_rights(build):
    status, said = build(["true"], option="--security=insecure")
    assert status
    assert "security.insecure is not allowed" in said or "Unknown flag: security" in said, said


def test_the_machine_itself_still_reaches_its_own_ports(reach):
    for name in OUR_PORTS:
        with socket.create_connection((reach.gateway, reach.settings.ports[name]), 5):
            pass
