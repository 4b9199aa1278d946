"""Reads a wheel's METADATA file (core metadata, PEP 566 and 643)."""

from dataclasses import asdict, dataclass
from email import message_from_string

README_LIMIT = 200_000


@dataclass(frozen=True)
class Metadata:
    """What a release says of itself."""

    version: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    author: str = ""
    license: str = ""
    homepage: str = ""
    readme: str = ""
    readme_type: str = "text/x-rst"

    def as_json(self):
        return {**asdict(self), "requires": list(self.requires)}


def parse(text):
    """Return the Metadata in the text of a METADATA file. Raises ValueError when it is none."""
    message = message_from_string(text)
    if not (message["Name"] and message["Version"]):
        raise ValueError("The file has neither name nor version.")
    body = message.get_payload()
    return Metadata(
        version=message["Version"],
        summary=_line(message["Summary"]),
        requires=tuple(message.get_all("Requires-Dist", ())),
        requires_python=message["Requires-Python"] or "",
        author=_line(message["Author"] or message["Author-email"]),
        license=_line(message["License-Expression"] or message["License"]),
        homepage=_homepage(message),
        readme=_undented(message["Description"] or (body if isinstance(body, str) else "")),
        readme_type=(message["Description-Content-Type"] or "text/x-rst").partition(";")[0],
    )


def _homepage(message):
    given = [message["Home-page"] or ""]
    for row in message.get_all("Project-URL", ()):
        given.append(row.partition(",")[2].strip())
    return next((url for url in given if url.startswith(("https://", "http://"))), "")


def _line(text):
    return " ".join((text or "").split())[:300]


def _undented(text):
    lines = (line.removeprefix("        ").removeprefix("       |") for line in text.splitlines())
    return "\n".join(lines)[:README_LIMIT]
