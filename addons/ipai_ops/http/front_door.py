"""Stands before Odoo in each of its processes: answers the edge, and believes nobody else about addresses.

``odoo.conf`` has ``proxy_mode = False``: Odoo itself believes no ``X-Forwarded-*``, so a process in which
this addon is not loaded yet takes every address as it sees it.
"""

import secrets
import socket
from ipaddress import ip_address

from werkzeug.middleware.proxy_fix import ProxyFix

from odoo.http import Application

from ..adapters.local import platform_facts
from ..engine import front_door

PASSED = "ipai.front_door"  # in the environ of a request: "edge" or "direct"
DISCARD_PORT = 9
NOBODYS_TOKEN = secrets.token_urlsafe(24)
REFUSAL = b"Come through the edge: this address is for the platform's own programs.\n"


def put_up():
    """Have every request pass here first. Odoo calls this once in a process, when it loads the addon."""
    inside = Application.__call__

    def enter(application, environ, start_response):
        if not pass_through(environ):
            return _refuse(start_response)
        return inside(application, environ, start_response)

    Application.__call__ = enter


def pass_through(environ):
    """Say whether the request is answered; leave in ``environ`` only what may be believed."""
    token = _token()
    shown = environ.pop(_key(front_door.PROOF), "")
    peer = environ.get("REMOTE_ADDR") or ""
    caller = front_door.Caller(shown, peer, _own_address(peer), environ.get("PATH_INFO", ""))
    if front_door.is_edge(token, shown):
        _believe(environ)
    else:
        _forget(environ)
    return front_door.is_let_in(token, caller)


def _token():
    """Return the edge's token; one that nobody has where the set-up's file cannot be read."""
    try:
        return platform_facts.edge_token()
    except OSError:
        return NOBODYS_TOKEN


def _believe(environ):
    """Take address, host and scheme from the edge; werkzeug changes ``environ`` before it calls on."""
    environ[PASSED] = "edge"
    ProxyFix(lambda _environ, _start: [], x_for=1, x_proto=1, x_host=1)(environ, None)


def _forget(environ):
    environ[PASSED] = "direct"
    for name in front_door.FORWARDED:
        environ.pop(_key(name), None)


def _key(name):
    return "HTTP_" + name.upper().replace("-", "_")


def _own_address(peer):
    """Return our address on the way to ``peer``: the peer's own where it is a program of this machine.

    Docker gives what the machine sends to its bridge another of the machine's addresses, so the one that
    was connected to proves nothing. Nothing is sent: the question is one to the routing table.
    """
    try:
        family = socket.AF_INET if ip_address(peer).version == 4 else socket.AF_INET6
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((peer, DISCARD_PORT))
            return str(probe.getsockname()[0])
    except (OSError, ValueError):
        return ""


def _refuse(start_response):
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
    start_response("403 Forbidden", [*headers, ("Content-Length", str(len(REFUSAL)))])
    return [REFUSAL]
