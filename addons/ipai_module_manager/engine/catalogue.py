"""The cached part of the index as a source for ``resolving``: what is not there is named, not fetched."""

from .resolving import Release


class Missing(LookupError):
    """The cache lacks a project's page (``version`` is empty) or one release's requirements."""

    def __init__(self, name, version=""):
        super().__init__(f"{name} {version}".strip())
        self.name, self.version = name, version


class Catalogue:
    """``pages``: name -> rows with version, requires_python, is_yanked; ``details``: name -> version -> lines.

    ``read_page`` and ``read_details`` return None for what is not known yet.
    """

    def __init__(self, read_page, read_details):
        self._read_page, self._read_details = read_page, read_details
        self._pages, self._details = {}, {}

    def releases(self, name):
        if name not in self._pages:
            rows = self._read_page(name)
            if rows is None:
                raise Missing(name)
            self._pages[name] = [release(row) for row in rows]
        return self._pages[name]

    def requires(self, name, version):
        key = (name, version)
        if key not in self._details:
            lines = self._read_details(name, version)
            if lines is None:
                raise Missing(name, version)
            self._details[key] = lines
        return self._details[key]


def release(row):
    """Return the Release of one cached row."""
    return Release(row["version"], row.get("requires_python", ""), bool(row.get("is_yanked")))
