"""Reads BuildKit's plain progress: clean lines, levels, and the reason of a failure."""

import re
from collections import deque
from collections.abc import Sequence

from .docker_cli import explain_docker
from .events import Events
from .outcome import Failure
from .requirements import Requirement, find_line

PREFIX = re.compile(r"^#(?P<vertex>\d+) (?:(?P<seconds>\d+\.\d+) )?(?P<text>.*)$")
STEP = re.compile(r"^\[(?:\S+ )?(?P<done>\d+)/(?P<total>\d+)\] ")
NETWORK = (
    "failed to establish a new connection",
    "temporary failure in name resolution",
    "certificate_verify_failed",
    "max retries exceeded",
    "read timed out",
    "could not resolve",
    "temporary failure resolving",
)
REASON = re.compile(r"error|\b(?:[A-Z]\w*)?(?:Exception|Invalid[A-Z]\w*): ", re.IGNORECASE)
ECHOES = ("executor failed running", "failed to solve", "ERROR: Exception:")
PLACES = re.compile(r"(?:-r )?(?:/opt/ipai/build/)?(?:repository/|extra\d+-(?P<title>[^/\s]+/))")
NOISE = ("DONE", "CACHED", "sha256:", "extracting sha256", "transferring", "resolve ")


class BuildLog:
    """Turns each line of the build into an event; remembers the lines for the explanation."""

    def __init__(self, events: Events):
        self._events = events
        self._in_repetition = False
        self.lines: deque[str] = deque(maxlen=400)

    def __call__(self, raw: str) -> None:
        match = PREFIX.match(raw)
        text = match["text"] if match else raw
        if not text.strip():
            return
        if self._is_repetition(text):
            self._events.debug(text)
            return
        self.lines.append(text)
        step = STEP.match(text)
        if step:
            done, total = int(step["done"]), int(step["total"])
            self._events.progress(0.3 + 0.5 * (done - 1) / total, text)
            return
        self._events.say(_level(text), text)

    def _is_repetition(self, text: str) -> bool:
        """After a failure the last lines are shown once more between two rules."""
        is_rule = text.strip("-") == "" and len(text) > 3
        was, self._in_repetition = self._in_repetition, self._in_repetition ^ is_rule
        return was or is_rule


def explain_build(lines: Sequence[str], requirements: list[Requirement]) -> Failure:
    """Why the build failed, in one sentence, and what to do."""
    text = "\n".join(lines)
    for explain in (_explain_outside, _explain_pip, _explain_apt):
        failure = explain(text, requirements)
        if failure:
            return failure
    errors = [
        line for line in lines if REASON.search(line) and not any(word in line for word in ECHOES)
    ]
    return Failure(
        f"The image cannot be built: {shown((errors or list(lines) or ['no reason given'])[-1])}",
        "Read the build's log above the error, correct the repository and push again",
    )


def _level(text: str) -> str:
    if text.startswith(NOISE):
        return "debug"
    lowered = text.lower()
    if lowered.startswith(("error", "e: ", "failed to solve", "error:")):
        return "error"
    if lowered.startswith(("warning:", "w: ", "deprecation:")):
        return "warning"
    return "info"


def _explain_outside(text: str, _requirements) -> Failure | None:
    lowered = text.lower()
    known = explain_docker(text)
    if known:
        return known
    if "no module named pip" in lowered:
        return Failure(
            "The base image has no pip, but the repository asks for Python packages",
            "Use a base image with python3-pip, or add python3-pip to apt.txt",
        )
    if any(needle in lowered for needle in NETWORK):
        return Failure(
            "The package index cannot be reached from the build",
            "Check the network and the CA bundle of the build machine, then retry",
        )
    return None


def _explain_pip(text: str, requirements: list[Requirement]) -> Failure | None:
    for explain in (_invalid_line, _conflict, _missing, _not_built):
        failure = explain(text, requirements)
        if failure:
            return failure
    return None


def _invalid_line(text: str, _requirements) -> Failure | None:
    match = re.search(
        r"Invalid requirement: (?P<what>'[^']*'|\S+).*?\(from line (?P<line>\d+) of (?P<file>[^)]+)\)",
        text,
        re.DOTALL,
    )
    if not match:
        return None
    return Failure(
        f"{shown(match['file'])}, line {match['line']}: {match['what']} is not a requirement that pip understands",
        "Correct the line and push again",
    )


def _conflict(text: str, requirements) -> Failure | None:
    match = re.search(r"Cannot install (?P<what>.+?) because these package versions", text)
    if not match:
        return None
    words = re.split(r",? and |, ", match["what"])
    what = shown(match["what"])
    places = sorted({place for word in words if (place := find_line(requirements, word))})
    where = f" ({'; '.join(places)})" if places else ""
    if re.search(r"depends on odoo\b", text):
        return Failure(
            f"{what} needs another Odoo version than the base image has{where}",
            "Name the release made for this Odoo version, for example odoo-addon-queue_job==19.0.*",
        )
    return Failure(
        f"The requirements contradict each other: {what}{where}",
        "Loosen one of the versions and push again",
    )


def _missing(text: str, requirements) -> Failure | None:
    match = re.search(r"No matching distribution found for (?P<what>[^\s(]+)", text)
    if not match:
        return None
    place = _place(requirements, match["what"])
    return Failure(
        f"{place}: no package on the index satisfies {match['what']} for this Python",
        "Correct the name or the version and push again",
    )


def _not_built(text: str, requirements) -> Failure | None:
    match = re.search(
        r"(?:Failed building wheel for|Failed to build|╰─>) '?(?P<what>[A-Za-z0-9][\w.-]+)'?\s*$",
        text,
        re.MULTILINE,
    )
    if not match:
        return None
    place = _place(requirements, match["what"])
    return Failure(
        f"{place}: {match['what']} has no ready wheel for this Python and cannot be compiled here",
        "Name a version that has a wheel, or add the compiler and headers it needs to apt.txt",
    )


def _explain_apt(text: str, _requirements) -> Failure | None:
    match = re.search(r"E: Unable to locate package (?P<what>\S+)", text)
    if not match:
        return None
    return Failure(
        f"apt.txt asks for {match['what']}, which the Debian release of the base image does not have",
        "Correct the package's name and push again",
    )


def _place(requirements: list[Requirement], what: str) -> str:
    return find_line(requirements, what) or "A requirement of a required package"


def shown(text: str) -> str:
    """The text with requirement files under the names that people know them by."""
    text = re.sub(r"\(line (\d+)\)", r"line \1", text)
    return PLACES.sub(lambda match: match["title"] or "", text)
