"""From the answers of Docker's API to who is who on this machine. Plain Python, no sockets."""

from rules import Host

PLATFORM = ("edge", "mail", "egress")
SERVERS = ("postgres-production", "postgres-nonproduction")
STAGES = ("production", "nonproduction")
BRIDGE_NAME = "com.docker.network.bridge.name"
SERVICE = "com.docker.swarm.service.name"


def names_of(instance, parts):
    """The services of these parts, as script/server and as a stack name them."""
    return {f"{instance}{mark}{part}" for part in parts for mark in "-_"}


def bridge_name(network, default):
    """The interface of a bridge network, as `docker network inspect` tells it."""
    return (network.get("Options") or {}).get(BRIDGE_NAME) or default


def sorted_out(instance, containers, bridge):
    """Return {callers, workers, tenants, foreign}: addresses on the bridge, by what may be asked.

    ``containers`` are those of `GET /containers/json`, ``bridge`` is `GET /networks/docker_gwbridge`.
    Names and networks count, labels do not: an image brings labels of its own.
    """
    known = {one["Id"]: one for one in containers}
    found = {"callers": [], "workers": [], "tenants": [], "foreign": []}
    for identity, endpoint in (bridge.get("Containers") or {}).items():
        address = endpoint.get("IPv4Address", "").partition("/")[0]
        if address and identity in known:  # one that is just coming is in no list, and waits
            found[_kind(instance, known[identity])].append(address)
    return {kind: tuple(sorted(addresses)) for kind, addresses in found.items()}


def _kind(instance, container):
    networks = set(container["NetworkSettings"]["Networks"])
    if not any(name.startswith(f"{instance}-") for name in networks):
        return "foreign"
    name = (container.get("Labels") or {}).get(SERVICE, "")
    if name in names_of(instance, PLATFORM):
        return "callers"
    is_ours = name.startswith(f"{instance}-run-") or name in names_of(instance, ["management"])
    return "workers" if is_ours and networks == {f"{instance}-control"} else "tenants"


def platform_addresses(instance, containers, network):
    """The addresses of edge, servers, mail catcher and proxy on an overlay, on all machines.

    ``network`` is `GET /networks/<name>?verbose=true`; it knows a container as soon as it is healthy, the
    list of this machine's containers as soon as it runs.
    """
    wanted = names_of(instance, (*PLATFORM, *SERVERS))
    services = network.get("Services") or {}
    there = {
        task["EndpointIP"]
        for name in wanted & set(services)
        for task in services[name].get("Tasks") or ()
    }
    here = {
        one["NetworkSettings"]["Networks"].get(network["Name"], {}).get("IPAddress")
        for one in containers
        if (one.get("Labels") or {}).get(SERVICE) in wanted
    }
    return tuple(sorted((there | here) - {None, ""}))


def host_of(settings, containers, bridges, resolvers):
    """The Host that the rules are made for; ``bridges`` are Docker's `bridge` and `docker_gwbridge`."""
    default, swarm = bridges
    ports = settings["ports"]
    return Host(
        instance=settings["instance"],
        builds_bridge=bridge_name(default, "docker0"),
        swarm_bridge=bridge_name(swarm, "docker_gwbridge"),
        odoo_ports=(ports["odoo"], ports["websocket"]),
        own_ports=tuple(sorted(ports.values())),
        resolvers=tuple(resolvers),
        builds_may_reach=settings["builds_may_reach"],
        targets_may_reach=settings["targets_may_reach"],
        **sorted_out(settings["instance"], containers, swarm),
    )


def resolvers_in(*texts):
    """The name servers of resolv.conf files that a container can use: none of loopback."""
    words = (line.split() for text in texts for line in text.splitlines())
    found = [line[1].partition("%")[0] for line in words if line[:1] == ["nameserver"] and line[1:]]
    return tuple(dict.fromkeys(one for one in found if not one.startswith(("127.", "::1"))))
