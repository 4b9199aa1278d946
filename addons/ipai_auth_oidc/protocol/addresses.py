"""Which addresses are spoken to, and where a person may land."""

import ipaddress
from urllib.parse import urlsplit

from .refusal import Refused

LOOPBACK = ("localhost", "127.0.0.1", "::1")
LONGEST_PATH = 2000
HOME = "/odoo"
NO_LANDING = ("/auth_oidc/", "/web/session/", "/web/login")


def endpoint(url, name="address"):
    """Return ``url`` if it may carry secrets: HTTPS, or HTTP on the machine itself; else Refused."""
    try:
        parts = urlsplit(str(url or ""))
        host = parts.hostname or ""
        _port = parts.port
    except ValueError as exc:
        raise Refused("bad_configuration", f"{name} is no address: {url}") from exc
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    if not host or not is_safe:
        raise Refused("bad_configuration", f"{name} must be an https address, not {url}")
    if _is_link_local(host):
        raise Refused("bad_configuration", f"{name} must not be an address of this machine's link")
    if parts.username or parts.password or parts.fragment:
        raise Refused("bad_configuration", f"{name} may hold no password and no fragment")
    return url


def _is_link_local(host):
    """Say whether a host is written as an address where clouds keep their metadata, or as nobody's."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(found, "ipv4_mapped", None) or found
    return plain.is_link_local or plain.is_multicast or plain.is_unspecified


def landing_path(wanted):
    """Return the path of this site a person asked for; anything that could lead elsewhere is home.

    Browsers read ``\\`` as ``/`` and drop tabs and line breaks, so none of them may be in it.
    """
    text = str(wanted or "")
    is_plain = all(sign.isprintable() and sign != "\\" for sign in text)
    if not is_plain or not text.startswith("/") or text.startswith("//"):
        return HOME
    if len(text) > LONGEST_PATH or text.startswith(NO_LANDING):
        return HOME
    parts = urlsplit(text)
    return HOME if parts.scheme or parts.netloc else text


def same_site(url, base):
    """Return whether two addresses have the same host and port."""
    return urlsplit(url).netloc == urlsplit(base).netloc
