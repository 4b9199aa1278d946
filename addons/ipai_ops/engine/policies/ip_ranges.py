"""People ask from an address they are expected at."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from .facts import Facts, Verdict

LABEL = "IP ranges"
KINDS = ("restore", "rollback", "shell", "database_shell", "download", "destroy")


def judge(parameters: Mapping, facts: Facts) -> Verdict:
    """Compare the requester's address with ``ranges``; what no person asked for has none."""
    if not facts.is_person:
        return Verdict(True, "No person asked for it.")
    if not facts.address:
        return Verdict(False, "The requester's address is not known.")
    address = ip_address(facts.address)
    address = getattr(address, "ipv4_mapped", None) or address
    if any(address in ip_network(each, strict=False) for each in parameters.get("ranges") or ()):
        return Verdict(True, f"{address} is in an allowed range.")
    return Verdict(False, f"{address} is in no allowed range.")
