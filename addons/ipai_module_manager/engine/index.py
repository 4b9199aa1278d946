"""Reads what a Python package index answers: its list of names, and the files of one project.

The simple repository API: PEP 503 (HTML), 691 (JSON), 592 (yanked), 658 and 714 (metadata beside
the file). Only wheels count: a module's source archive would have to be built to be understood.
"""

import json
import re
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
PREFIX = "odoo-addon-"


class NotAnIndex(ValueError):
    """What answered is no package index."""


@dataclass(frozen=True)
class File:
    """One wheel: where it is, and what the index says of it without opening it."""

    name: str
    url: str
    version: str
    requires_python: str = ""
    has_metadata: bool = False
    is_yanked: bool = False
    sha256: str = ""

    def as_json(self):
        return asdict(self)


def technical_name(name):
    """Return the module's name in Odoo of a distribution: ``odoo-addon-web-responsive`` is web_responsive."""
    return canonicalize_name(name).removeprefix(PREFIX).replace("-", "_")


def is_addon(name):
    return canonicalize_name(name).startswith(PREFIX)


def addon_names(body, content_type):
    """Return the normalised names of all modules that the index lists. Raises NotAnIndex."""
    if _is_json(content_type):
        listed = (row.get("name", "") for row in _decoded(body, "projects"))
    else:
        listed = (text for text, _attributes in _anchors(body))
    return sorted({canonicalize_name(name) for name in listed if is_addon(name)})


def files(body, content_type, url):
    """Return the wheels of one project, as Files in the index's order. Raises NotAnIndex."""
    if _is_json(content_type):
        found = (_from_json(row, url) for row in _decoded(body, "files"))
    else:
        found = (_from_anchor(text, given, url) for text, given in _anchors(body))
    return [file for file in found if file]


def _is_json(content_type):
    return content_type.partition(";")[0].strip().lower() in (JSON_TYPE, "application/json")


def _decoded(body, key):
    try:
        rows = json.loads(body)[key]
    except (ValueError, KeyError, TypeError) as error:
        raise NotAnIndex(f"The answer has no list of {key}.") from error
    if not isinstance(rows, list):
        raise NotAnIndex(f"The answer has no list of {key}.")
    return [row for row in rows if isinstance(row, dict)]


def _from_json(row, url):
    said = row.get("core-metadata", row.get("dist-info-metadata"))
    return _file(
        row.get("filename", ""),
        urljoin(url, row.get("url", "")),
        requires_python=row.get("requires-python") or "",
        has_metadata=bool(said),
        is_yanked=bool(row.get("yanked")),
        sha256=(row.get("hashes") or {}).get("sha256", ""),
    )


def _from_anchor(text, given, url):
    address, _hash, fragment = urljoin(url, given.get("href") or "").partition("#")
    said = given.get("data-core-metadata", given.get("data-dist-info-metadata", "false"))
    return _file(
        unquote(text) or address.rpartition("/")[2],
        address,
        requires_python=given.get("data-requires-python") or "",
        has_metadata=said != "false",
        is_yanked="data-yanked" in given,
        sha256=fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else "",
    )


def _file(name, url, **facts):
    try:
        _name, version, _build, _tags = parse_wheel_filename(name)
    except (InvalidWheelFilename, InvalidVersion):
        return None
    return File(name, url, str(version), **facts)


class _Anchors(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self._open = [], None

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self._open = ["", dict(attrs)]

    def handle_data(self, data):
        if self._open:
            self._open[0] += data

    def handle_endtag(self, tag):
        if tag == "a" and self._open:
            text, attributes = self._open
            self.found.append((text.strip(), attributes))
            self._open = None


def _anchors(body):
    text = body.decode("utf-8", "replace")
    if not re.search(r"<(!doctype html|html|a)\b", text[:4096], re.IGNORECASE):
        raise NotAnIndex("The answer is neither JSON nor a page of links.")
    parser = _Anchors()
    parser.feed(text)
    return parser.found
