"""A Python package index over HTTP. The only file here that imports requests."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import requests

from ..engine import index, metadata

TIMEOUT_SECONDS = 30
LIST_BYTES = 200 << 20
PAGE_BYTES = 32 << 20
WHEEL_BYTES = 64 << 20
METADATA_BYTES = 4 << 20
CHUNK = 1 << 16
AGENT = "ipai-module-manager"


class IndexFault(Exception):
    """The index could not be asked, or has nothing; the text is a sentence for people."""


class NotThere(IndexFault):
    """The index does not know the name."""


@dataclass(frozen=True)
class Page:
    """An answer; ``body`` is None when nothing changed since ``etag``."""

    body: bytes | None
    content_type: str
    etag: str
    url: str


class PackageIndex:
    """One index by its simple repository address."""

    def __init__(self, url, verify=True):
        self.url, self.verify = url.rstrip("/") + "/", verify

    def addon_names(self, etag=""):
        """Return (names, etag); names is None when the list has not changed."""
        page = self._get(self.url, LIST_BYTES, etag)
        if page.body is None:
            return None, etag
        return self._read(index.addon_names, page.body, page.content_type), page.etag

    def files(self, name):
        """Return the wheels of one project. Raises NotThere."""
        page = self._get(urljoin(self.url, f"{quote(name)}/"), PAGE_BYTES)
        return self._read(index.files, page.body, page.content_type, page.url)

    def metadata(self, file):
        """Return the Metadata of one wheel: its own file of the index where there is one."""
        if file.has_metadata:
            text = self._get(f"{file.url}.metadata", METADATA_BYTES).body.decode("utf-8", "replace")
        else:
            text = self._inside(file)
        return self._read(metadata.parse, text)

    def _inside(self, file):
        body = self._get(file.url, WHEEL_BYTES).body
        if file.sha256 and hashlib.sha256(body).hexdigest() != file.sha256:
            raise IndexFault(f"{file.name} is not the file the index promised.")
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as wheel:
                names = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
                with wheel.open(names[0]) as member:
                    return member.read(METADATA_BYTES).decode("utf-8", "replace")
        except (zipfile.BadZipFile, IndexError, OSError) as error:
            raise IndexFault(f"{file.name} is no wheel that can be read.") from error

    def _read(self, function, *arguments):
        try:
            return function(*arguments)
        except ValueError as error:
            raise IndexFault(f"What answers there is no package index: {error}") from error

    def _get(self, url, limit, etag=""):
        headers = {"Accept": index.ACCEPT, "User-Agent": AGENT}
        if etag:
            headers["If-None-Match"] = etag
        try:
            with requests.get(
                url, headers=headers, timeout=TIMEOUT_SECONDS, verify=self.verify, stream=True
            ) as said:
                return _page(said, limit)
        except requests.RequestException as error:
            reason = type(error).__name__
            raise IndexFault(f"The package index cannot be reached ({reason}).") from error


def _page(said, limit):
    if said.status_code == 304:
        return Page(None, "", "", said.url)
    if said.status_code == 404:
        raise NotThere("The package index does not know this name.")
    if said.status_code != 200:
        raise IndexFault(f"The package index answered {said.status_code}.")
    body = bytearray()
    for chunk in said.iter_content(CHUNK):
        body += chunk
        if len(body) > limit:
            raise IndexFault(f"The package index sent more than {limit >> 20} MB.")
    kind = said.headers.get("Content-Type", "")
    return Page(bytes(body), kind, said.headers.get("ETag", ""), said.url)
