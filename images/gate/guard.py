"""Addresses that no list opens: this machine, the platform's own networks, link-local services."""

import ipaddress
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

ROUTES = Path("/proc/net/route")


@dataclass(frozen=True)
class Guard:
    """``inside`` are the networks the proxy is attached to; ``way_out`` the one that is open."""

    inside: tuple = ()
    way_out: tuple = ()

    def lets_through(self, address):
        """Say whether a connection may go to this address, given as text."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
            return False
        if any(ip in network for network in self.way_out):
            return True
        return not any(ip in network for network in self.inside)


def read_guard(environ, routes=ROUTES):
    """The guard of this container: its own networks as the kernel knows them."""
    way_out = environ.get("WAY_OUT", "").split()
    return Guard(
        tuple(connected(routes.read_text())), tuple(ipaddress.ip_network(net) for net in way_out)
    )


def connected(table):
    """The networks of a /proc/net/route that are reached without a gateway: proc_net(5)."""
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[2] == "00000000" and words[1] != "00000000":
            network, mask = (_address(words[place]) for place in (1, 7))
            yield ipaddress.ip_network(f"{network}/{mask}")


def _address(text):
    return socket.inet_ntoa(struct.pack("<L", int(text, 16)))
