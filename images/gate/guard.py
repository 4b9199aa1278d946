"""Addresses that no list opens: this machine, the platform's own networks, private ranges."""

import ipaddress
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from inner_addresses import NOTHING, is_inner

ROUTES = Path("/proc/net/route")


@dataclass(frozen=True)
class Guard:
    """``inside`` are the networks the proxy is attached to and the machine's addresses, which nothing
    opens; ``way_out`` is the network that is open."""

    inside: tuple = ()
    way_out: tuple = ()

    def lets_through(self, address, opened=NOTHING, host=""):
        """Say whether a connection may go to this address of the host; an operator opens by either."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if any(ip in network for network in self.way_out):
            return True
        is_never = ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified
        if is_never or any(ip in network for network in self.inside):
            return False
        return host.lower().rstrip(".") in opened.names or not is_inner(address, opened)


def read_guard(environ, routes=ROUTES):
    """The guard of this container: its own networks as the kernel knows them, and what it was told."""
    way_out = environ.get("WAY_OUT", "").split()
    machine = environ.get("HOST_ADDRESSES", "").split()
    inside = [*connected(routes.read_text()), *(ipaddress.ip_network(one) for one in machine)]
    return Guard(tuple(inside), tuple(ipaddress.ip_network(net) for net in way_out))


def connected(table):
    """The networks of a /proc/net/route that are reached without a gateway: proc_net(5)."""
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[2] == "00000000" and words[1] != "00000000":
            network, mask = (_address(words[place]) for place in (1, 7))
            yield ipaddress.ip_network(f"{network}/{mask}")


def _address(text):
    return socket.inet_ntoa(struct.pack("<L", int(text, 16)))
