"""Where in a script of SQL a line begins: between two statements, or within one, its texts included.

As psql reads it (PostgreSQL's manual, 4.1 Lexical Structure): quoted texts and names, dollar quotes, comments.
"""

import re

OPENING = re.compile(
    rb"--[^\n]*|/\*|(?P<escaped>(?<![\w\x80-\xff$])[eE]')|'|\""
    rb"|(?<![\w\x80-\xff$])\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|;|\s+|[^\s;'\"$/eE-]+|."
)
CLOSING = {
    b"'": re.compile(rb"'"),
    b"E": re.compile(rb"\\.|'", re.DOTALL),
    b'"': re.compile(rb'"'),
    b"/*": re.compile(rb"/\*|\*/"),
}


class Script:
    """Follows a script line by line."""

    def __init__(self):
        self._within, self._depth, self._has_begun = b"", 0, False

    @property
    def is_between(self) -> bool:
        """True when the next line begins a statement."""
        return not self._within and not self._has_begun

    def read(self, line: bytes) -> None:
        place = 0
        while place < len(line):
            place = self._leave(line, place) if self._within else self._step(line, place)

    def _step(self, line: bytes, place: int) -> int:
        found = OPENING.match(line, place)
        if found is None:  # cannot be: the last branch takes what all others leave
            raise ValueError(f"The SQL cannot be read at byte {place} of a line")
        text = found.group()
        if found.group("escaped"):
            self._within = b"E"
        elif text in (b"'", b'"', b"/*") or (text[:1] == b"$" and len(text) > 1):
            self._within, self._depth = text, 1
        if text == b";":
            self._has_begun = False
        elif text.strip() and not text.startswith((b"--", b"/*")):
            self._has_begun = True
        return found.end()

    def _leave(self, line: bytes, place: int) -> int:
        if self._within[:1] == b"$":
            end = line.find(self._within, place)
            if end < 0:
                return len(line)
            place, self._within = end + len(self._within), b""
            return place
        found = CLOSING[self._within].search(line, place)
        if not found:
            return len(line)
        self._depth += {b"/*": 1, b"*/": -1}.get(found.group(), 0)
        if found.group() in (b"'", b'"') or (self._within == b"/*" and not self._depth):
            self._within = b""
        return found.end()
