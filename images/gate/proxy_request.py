"""Reads the head of a request to a proxy, and writes the one that goes on."""

from dataclasses import dataclass
from urllib.parse import urlsplit

# What is meant for the proxy alone (RFC 9110, 7.6.1).
OWN = {"proxy-authorization", "proxy-connection", "connection", "keep-alive", "host", "te"}


class BadRequest(Exception):
    """Bytes that are no request to a proxy."""


@dataclass(frozen=True)
class Request:
    """Where a client wants to go, and what is to be sent there first."""

    host: str
    port: int
    credentials: str
    is_tunnel: bool
    forwarded: bytes = b""


def parse(head):
    """The Request of a head that ends with an empty line. Raises BadRequest."""
    try:
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, target, _version = first.split(" ")
        headers = [_header(line) for line in lines]
        credentials = dict(headers).get("proxy-authorization", "")
        if method == "CONNECT":
            place = urlsplit(f"//{target}")
            return Request(_host(place), place.port or 443, credentials, True)
        return _plain(method, urlsplit(target), headers, credentials)
    except ValueError as error:
        raise BadRequest(str(error)) from error


def _header(line):
    name, colon, value = line.partition(":")
    if not colon or name != name.strip() or not name:
        raise ValueError(line)
    return name.lower(), value.strip()


def _host(place):
    if not place.hostname or place.username is not None:
        raise ValueError(place.netloc)
    return place.hostname


def _plain(method, place, headers, credentials):
    if place.scheme != "http":
        raise ValueError(place.scheme)
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    own = OWN | {word.strip().lower() for word in dict(headers).get("connection", "").split(",")}
    kept = [(name, value) for name, value in headers if name not in own]
    lines = [("host", place.netloc), ("connection", "close"), *kept]
    text = "".join(f"{name}: {value}\r\n" for name, value in lines)
    forwarded = f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode("latin-1")
    return Request(_host(place), place.port or 80, credentials, False, forwarded)
