"""Reads a Dockerfile into instructions and writes it again, one per line and nothing hidden.

What is written is what was checked: BuildKit never sees the repository's own text, so no difference
between its reading and ours can matter.
"""

import re
from dataclasses import dataclass, replace

from .outcome import Failure

SHELL_LIKE = ("RUN", "COPY", "ADD")
KNOWN = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER")
) | {"ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", *SHELL_LIKE}
DIRECTIVE = re.compile(r"#\s*([a-z][a-z0-9]*)\s*=\s*(.+?)\s*", re.IGNORECASE)
OFFICIAL = re.compile(r"(docker\.io/)?docker/dockerfile(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
HERE_DOCUMENT = re.compile(r"(^|\s)\d*<<-?[^<\s]")
HINT = "Correct the Dockerfile and push again"
LONGEST_BYTES = 500_000


@dataclass(frozen=True)
class Instruction:
    """One instruction: its line, its name in capitals, its options, and the rest as it was."""

    line: int
    name: str
    options: tuple[str, ...]
    rest: str

    def text(self) -> str:
        return " ".join(word for word in (self.name, *self.options, self.rest) if word)

    def with_rest(self, rest: str) -> "Instruction":
        return replace(self, rest=rest)


def read(text: str, name: str) -> tuple[list[Instruction], str]:
    """The instructions and the escape letter. Raises Failure with the line."""
    if len(text) > LONGEST_BYTES:
        raise Failure(f"{name} is too long to be checked", HINT)
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
    escape = _directives(lines, name)
    found = [instruction(line, words, name) for line, words in _joined(lines, escape)]
    return found, escape


def write(instructions: list[Instruction], escape: str) -> str:
    head = [f"# escape={escape}"] if escape != "\\" else []
    return "\n".join([*head, *(one.text() for one in instructions)]) + "\n"


def _directives(lines: list[str], name: str) -> str:
    """The escape letter; a frontend of somebody else is refused, the official one is our own."""
    escape = "\\"
    for number, line in enumerate(lines, start=1):
        match = DIRECTIVE.fullmatch(line.strip())
        if not match:
            return escape
        key, value = match[1].lower(), match[2]
        if key == "syntax" and not OFFICIAL.fullmatch(value):
            raise Failure(
                f"{name}, line {number}: the syntax {value} is a program of somebody else",
                "Remove the line, or write docker/dockerfile:1",
            )
        if key == "escape" and value in ("\\", "`"):
            escape = value
    return escape


def _joined(lines: list[str], escape: str):
    """(line, text) of each instruction: continued lines joined, comments and empty lines left out."""
    end = re.compile(re.escape(escape) + r"[ \t]*$")
    begun, text, is_open = 0, "", False
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begun = begun if is_open else number
        is_open = bool(end.search(line))
        text += end.sub("", line)
        if not is_open:
            yield begun, text.strip()
            text = ""
    if text.strip():
        yield begun, text.strip()


def instruction(line: int, text: str, name: str) -> Instruction:
    """One instruction with its options apart. Raises Failure for what cannot be checked."""
    place = f"{name}, line {line}"
    word, *more = text.split(maxsplit=1)
    rest = more[0] if more else ""
    if word.upper() not in KNOWN:
        raise Failure(f"{place}: unknown instruction {word[:40]}", HINT)
    if CONTROL.search(text):
        raise Failure(f"{place}: there is a control character in the line", HINT)
    if word.upper() in SHELL_LIKE and HERE_DOCUMENT.search(rest):
        raise Failure(
            f"{place}: here-documents are not supported",
            "Put the script into the repository, or join the commands by && in one RUN",
        )
    options = []
    while rest.startswith("--"):
        option, *more = rest.split(maxsplit=1)
        options.append(option)
        rest = more[0] if more else ""
    return Instruction(line, word.upper(), tuple(options), rest)
