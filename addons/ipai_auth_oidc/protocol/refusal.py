"""Why a sign-in was refused: a code that has a sentence for the person, a detail for the log."""

import re

LONGEST_DETAIL = 500
# Three base64 parts with dots between are a token; nothing that looks like one goes into a log.
TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")


class Refused(Exception):
    """A sign-in, log-out or discovery that must not go on. ``detail`` is for administrators only."""

    def __init__(self, code, detail=""):
        super().__init__(code)
        self.code = code
        self.detail = printable(detail)


class UnknownKey(Refused):
    """The token names a key that is not in the key set: fetch the set once more, then refuse."""


def printable(text):
    """Return ``text`` as one short line without anything that looks like a token."""
    line = "".join(sign if sign.isprintable() else " " for sign in str(text))
    return TOKEN_LIKE.sub("…", line)[:LONGEST_DETAIL]
