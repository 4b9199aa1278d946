"""The registry's door: says for each request whether its login may make it.

There are two kinds of login. The platform's own may do everything. A build's is made for one project
and ends by itself: its name is `<project>.<end>`, its password a signature of that name by the
platform's password. So there is no list to keep and nobody else to ask, and a build that runs while the
management Odoo starts anew goes on. A build reads and writes the project's repository and reads the base
image; it deletes nothing, lists nothing, and takes no layer from another repository.
"""

import base64
import binascii
import hmac
import os
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

ADDRESS = ("127.0.0.1", 5002)
PLATFORM = "ipai"
OPEN_TO_ALL = ("odoo",)
LOGIN = re.compile(r"([a-z][a-z0-9-]*)\.([0-9]{1,12})")
PLACE = re.compile(
    r"/v2/(?P<name>[a-z0-9][a-z0-9._/-]*)/"
    r"(?:manifests/[A-Za-z0-9._:-]+|tags/list|blobs/(?P<uploads>uploads/)?[A-Za-z0-9._:=-]*)"
)
READING, WRITING = ("GET", "HEAD"), ("POST", "PUT", "PATCH")
GOOD, WHO, NO = 204, 401, 403


def signature(key, instance, code, end):
    """Return the password of a build's login."""
    told = f"registry login\0{instance}/{code}\0{end}"
    return hmac.digest(key.encode(), told.encode(), "sha256").hex()


class Door:
    """The rules of one registry; ``now`` gives seconds since 1970."""

    def __init__(self, key, instance, now=time.time):
        self.key, self.instance, self.now = key, instance, now

    def status(self, method, uri, authorization):
        """Return 204 for a request that may go on, 401 for an unknown login, 403 for too much."""
        user, password = credentials(authorization)
        if user == PLATFORM:
            return GOOD if _same(password, self.key) else WHO
        code = self._project(user, password)
        if not code:
            return WHO
        return GOOD if self._may(code, method, uri) else NO

    def _project(self, user, password):
        """Return the project of a build's login, or nothing."""
        match = LOGIN.fullmatch(user)
        if not match or int(match[2]) < self.now():
            return ""
        is_right = _same(password, signature(self.key, self.instance, *match.groups()))
        return match[1] if is_right else ""

    def _may(self, code, method, uri):
        path, _, query = uri.partition("?")
        if path == "/v2/":
            return method in READING
        place = PLACE.fullmatch(path)
        if not place or "//" in path or ".." in path:
            return False
        own = f"{self.instance}/{code}"
        readable = [own, *(f"{self.instance}/{name}" for name in OPEN_TO_ALL)]
        if method in READING:
            return place["name"] in readable
        is_cancel = method == "DELETE" and place["uploads"]
        if place["name"] != own or not (method in WRITING or is_cancel):
            return False
        return _takes_from(query) <= set(readable)


def _takes_from(query):
    """Return the repositories that an upload takes layers from; what is unclear is none of ours."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        return {"?"}
    if ";" in query:
        return {"?"}
    return {value for key, value in pairs if key.lower() == "from"}


def credentials(authorization):
    """Return user and password of an ``Authorization`` header; empty where there are none."""
    kind, _, told = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(told.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


class Handler(BaseHTTPRequestHandler):
    """nginx asks here, with the request's method and address in two headers."""

    door = None

    def do_GET(self):
        asked = (self.headers.get(name, "") for name in ("X-Method", "X-Uri", "Authorization"))
        self.send_response(self.door.status(*asked))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words):
        """Nothing is logged: the log would hold every layer of every pull."""


def main():
    file = Path(os.environ.get("REGISTRY_PASSWORD_FILE", "/run/secrets/registry-password"))
    Handler.door = Door(file.read_text().strip(), os.environ.get("REGISTRY_INSTANCE", "ipai"))
    ThreadingHTTPServer(ADDRESS, Handler).serve_forever()


if __name__ == "__main__":
    main()
