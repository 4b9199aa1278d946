"""Which addresses and names are near: this machine, its neighbours, the platform's own networks.

Toolbox and proxy have this file too, by a link. Plain Python, no look-ups.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

# RFC 6890 without the ranges of documentation and benchmarks, which lead nowhere.
INNER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "100.100.100.200/32",  # metadata of a cloud
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/96",  # loopback, unspecified, IPv4-compatible
        "64:ff9b:1::/48",
        "2001::/32",  # Teredo
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
INNER_ENDINGS = ("localhost", "localdomain", "local", "internal", "lan", "intranet", "home.arpa")


@dataclass(frozen=True)
class Opened:
    """What an operator opens although it is near: networks and names of hosts."""

    networks: tuple = ()
    names: tuple = ()

    def has(self, address) -> bool:
        return any(address in network for network in self.networks)


NOTHING = Opened()


def opened(words: Iterable[str]) -> Opened:
    """Return the Opened of a list of networks, addresses and names; ``#`` begins a remark.

    Raises ValueError with the word that is neither.
    """
    networks, names = [], []
    for line in words:
        for word in line.partition("#")[0].replace(",", " ").split():
            try:
                networks.append(ipaddress.ip_network(word))
            except ValueError:
                names.append(_name(word))
    return Opened(tuple(networks), tuple(names))


def _name(word):
    name = word.lower().rstrip(".")
    plain = name.replace("-", "").replace(".", "").replace("_", "")
    if not plain.isalnum() or name.replace(".", "").isdigit():
        raise ValueError(word)
    return name


def is_inner(address: str, open_: Opened = NOTHING) -> bool:
    """Say whether the address is near and nobody opened it; IPv4 inside IPv6 is judged as IPv4.

    Raises ValueError on a text that is no address.
    """
    ip = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    return any(ip in network for network in INNER) and not open_.has(ip)


def _unwrapped(ip):
    """Return the IPv4 address that an IPv6 address stands for: RFC 4291, 6052, 3056."""
    if ip.version == 4:
        return ip
    if ip in NAT64:
        return ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def literal(host: str) -> str | None:
    """Return the address a host is written as, None for a name.

    C libraries take 127.1, 0x7f000001 and 2130706433 for addresses, so they are.
    """
    text = host.strip("[]").partition("%")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    return _old_style(text.rstrip("."))


def _old_style(text):
    """Return the IPv4 address of one to four numbers, decimal, octal or hexadecimal: inet_aton(3)."""
    try:
        *first, last = (_number(part) for part in text.split("."))
    except ValueError:
        return None
    room = 4 - len(first)
    if room < 1 or any(part > 255 for part in first) or last >= 256**room:
        return None
    value = last + sum(part << 8 * (3 - place) for place, part in enumerate(first))
    return str(ipaddress.IPv4Address(value))


def _number(text):
    if not text.isascii() or not text[:1].isdigit() or "_" in text:
        raise ValueError(text)
    if text.lower().startswith("0x"):
        return int(text, 16)
    return int(text, 8 if text.startswith("0") else 10)


def is_inner_host(host: str, open_: Opened = NOTHING) -> bool:
    """Say whether a host as it is written leads inside: an address, or a name without a domain."""
    address = literal(host)
    if address:
        return is_inner(address, open_)
    name = host.lower().rstrip(".")
    if name in open_.names:
        return False
    return "." not in name or any(name.endswith(f".{ending}") for ending in INNER_ENDINGS)


def host_of(address: str) -> str:
    """Return the host of a URL, or of an address that is a host alone; empty where it cannot be read."""
    try:
        return urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
