"""Who may speak to the management Odoo, and whose word about addresses is believed.

People come through the edge, which proves itself with its token in ``X-Ipai-Edge``. Without that proof
only the machine itself and the routes of the platform's own programs are answered.
"""

import hmac
from dataclasses import dataclass
from ipaddress import ip_address

PROOF = "X-Ipai-Edge"
# They show a token of their own with each call.
MACHINE_ROUTES = ("/ipai/edge/", "/ipai/gate/")
OPEN_ROUTES = ("/web/health",)
# What Odoo, werkzeug or an addon could take for the word of a proxy.
FORWARDED = (
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Real-Ip",
)


@dataclass(frozen=True)
class Caller:
    """One connection: what was shown as proof, from where it came, and our own address on the way there."""

    shown: str
    peer: str
    own: str
    path: str


def is_edge(token: str, shown: str) -> bool:
    """Say whether ``shown`` proves the edge; a platform without a token has no edge."""
    return bool(token) and hmac.compare_digest(
        shown.encode("utf-8", "surrogateescape"), token.encode()
    )


def is_let_in(token: str, caller: Caller) -> bool:
    """Say whether the caller is answered; where no edge was set up there is nobody to tell apart."""
    if not token or is_edge(token, caller.shown) or _is_this_machine(caller):
        return True
    return caller.path in OPEN_ROUTES or caller.path.startswith(MACHINE_ROUTES)


def _is_this_machine(caller: Caller) -> bool:
    """Whoever is reached from an address at that same address never left the machine."""
    if caller.peer and caller.peer == caller.own:
        return True
    try:
        address = ip_address(caller.peer)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
