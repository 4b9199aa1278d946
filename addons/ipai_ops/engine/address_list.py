"""Lists of network addresses: IPv4 and IPv6, single or CIDR (RFC 4632, RFC 4291)."""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

READABLE_BITS = 24  # of a network's size; more digits are only noise


def parse(text: str) -> tuple[str, ...]:
    """Return the networks of ``text``, one a line or comma; ``#`` begins a remark.

    Raises ValueError, with the word that is no network, also where host bits are set.
    """
    lines = (line.partition("#")[0] for line in (text or "").splitlines())
    words = [word for line in lines for word in re.split(r"[,\s]+", line) if word]
    return tuple(dict.fromkeys(_network(word) for word in words))


def contains(networks: Iterable[str], address: str) -> bool:
    """Say whether ``address`` is in one of the networks; an IPv4 address inside IPv6 counts."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None)
    known = mapped or known
    return any(known in ip_network(network) for network in networks)


def size(network: str) -> str:
    """Return how many addresses a network has, as a person reads it: ``256``, ``65,536`` or ``2^80``."""
    known = ip_network(network)
    bits = known.max_prefixlen - known.prefixlen
    return f"{known.num_addresses:,}" if bits <= READABLE_BITS else f"2^{bits}"


def _network(word: str) -> str:
    try:
        return str(ip_network(word))
    except ValueError as exc:
        raise ValueError(word) from exc
