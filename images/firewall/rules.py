"""From what runs on this machine to the text that nft(8) takes. Plain Python, no sockets.

Both tables are our own, one per instance: Docker does not know them, and a drop in any table is final,
so neither an engine's restart nor another instance's rules open what these close.
"""

import ipaddress
from dataclasses import dataclass

DNS = 53
# Without it IPv6 finds nobody on a cable: RFC 4861.
NEIGHBOURS = "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } return"
COMMENT = "made and kept by images/firewall"
# Addresses of machines that are near: a build has no business there (RFC 6890).
PRIVATE_4 = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
)
PRIVATE_6 = ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fc00::/7")
PRIVATE_6 += ("fe80::/10", "fec0::/10", "ff00::/8")
METADATA = ("169.254.0.0/16", "100.100.100.200/32")


@dataclass(frozen=True)
class Place:
    """A network that an operator opens, at one port or at all."""

    network: object
    port: int | None = None


@dataclass(frozen=True)
class Host:
    """What must be known to close this machine; addresses are texts of docker_gwbridge."""

    instance: str
    builds_bridge: str = "docker0"
    swarm_bridge: str = "docker_gwbridge"
    odoo_ports: tuple = ()  # of the management Odoo
    own_ports: tuple = ()  # all that this instance listens on
    resolvers: tuple = ()
    callers: tuple = ()  # edge, mail catcher, proxy: they ask the management Odoo
    workers: tuple = ()  # jobs of ours that hold no customer's code
    tenants: tuple = ()
    foreign: tuple = ()  # containers of others: theirs to decide, but not at our ports
    builds_may_reach: tuple = ()
    targets_may_reach: tuple = ()


def table_name(instance):
    return f"ipai_{instance}"


def places(text):
    """Return the Places of a list such as ``10.0.0.5:3128 192.168.4.0/24 [fd00::1]:80``.

    Raises ValueError with a sentence that names the word that is none.
    """
    return tuple(_place(word) for word in text.replace(",", " ").split())


def _place(word):
    host, port = word, None
    if word.startswith("["):
        host, closing, rest = word[1:].partition("]")
        host = host if closing else word
        port = rest.removeprefix(":") or None
    elif word.count(":") == 1:
        host, _, port = word.partition(":")
    try:
        number = None if port is None else int(port)
        if number is not None and not 0 < number < 65536:
            raise ValueError(port)
        return Place(ipaddress.ip_network(host), number)
    except ValueError:
        raise ValueError(
            f"“{word}” is no address: write 10.0.0.5:3128, 10.0.0.0/24 or [fd00::5]:3128"
        ) from None


def host_rules(host):
    """The table that closes this machine to builds and targets, and builds to what is near."""
    builds, swarm = f'iifname "{host.builds_bridge}"', f'iifname "{host.swarm_bridge}"'
    from_swarm = f"{swarm} jump swarm"
    forward = [
        f"{builds} jump builds_may",
        f"{builds} ip daddr {_set(PRIVATE_4)} drop",
        f"{builds} ip6 daddr {_set(PRIVATE_6)} drop",
        *_of(host.tenants, "jump targets_may", swarm),
        *_of(host.tenants, f"ip daddr {_set(METADATA)} drop", swarm),
        *_of(host.tenants, "drop", f'{swarm} oifname "{host.swarm_bridge}"'),
    ]
    chains = [
        *_hooked("input", [NEIGHBOURS, f"{builds} jump builds_may", f"{builds} drop", from_swarm]),
        *_hooked("forward", forward),
        *_chain("builds_may", [*_names(host), *map(_reach, host.builds_may_reach)]),
        *_chain("targets_may", [*_names(host), *map(_reach, host.targets_may_reach)]),
        *_chain("swarm", _from_swarm(host)),
    ]
    return _table("inet", host.instance, chains)


def _from_swarm(host):
    """What containers of overlays may ask this machine. One that is not known yet has to wait."""
    return [
        *_of(host.callers, f"tcp dport {_set(host.odoo_ports)} accept"),
        *_of(host.workers, f"tcp dport {_set(host.odoo_ports)} drop"),
        *_of(host.workers, "accept"),
        "jump targets_may",
        *_of((*host.callers, *host.tenants), "drop"),
        f"tcp dport {_set(host.own_ports)} drop",
        *_of(host.foreign, "return"),
        "drop",
    ]


def overlay_rules(instance, platform):
    """The table inside an overlay: whoever is on it speaks to the platform, never to a neighbour."""
    pairs = [f"ip {side} {_set(sorted(platform))} accept" for side in ("saddr", "daddr")]
    lines = ["type filter hook forward priority -200; policy accept;", "ether type arp accept"]
    return _table(
        "bridge", instance, _chain("forward", [*lines, *(pairs if platform else []), "drop"])
    )


def removal(family, instance):
    """What takes a table away, whether it is there or not."""
    name = table_name(instance)
    return f"table {family} {name}\ndelete table {family} {name}\n"


def _table(family, instance, lines):
    """One transaction: the old table goes and the new one comes, with no moment between."""
    body = "\n".join([f'  comment "{COMMENT}"', *lines])
    return f"{removal(family, instance)}table {family} {table_name(instance)} {{\n{body}\n}}\n"


def _hooked(name, rules):
    hook = f"type filter hook {name} priority -10; policy accept;"
    return _chain(name, [hook, "ct state established,related return", *rules])


def _chain(name, rules):
    return [f"  chain {name} {{", *(f"    {rule}" for rule in rules), "  }"]


def _of(addresses, deed, first=""):
    """A rule for packets from these addresses; none for nobody.

    No named set: Debian 12's nft ends with a fault when it lists one that a newer nft made.
    """
    if addresses:
        yield f"{first} ip saddr {_set(sorted(addresses))} {deed}".strip()


def _names(host):
    for address in host.resolvers:
        family = "ip6" if ":" in address else "ip"
        yield f"{family} daddr {address} meta l4proto {{ tcp, udp }} th dport {DNS} accept"


def _reach(place):
    family = "ip" if place.network.version == 4 else "ip6"
    port = "" if place.port is None else f" tcp dport {place.port}"
    return f"{family} daddr {place.network}{port} accept"


def _set(values):
    return "{ " + ", ".join(str(value) for value in values) + " }"
