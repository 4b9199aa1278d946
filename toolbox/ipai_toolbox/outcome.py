"""How a verb says that it could not do its work."""


class Failure(Exception):
    """An expected bad end: one sentence says what happened, another what to do about it."""

    def __init__(self, cause: str, hint: str):
        super().__init__(cause)
        self.cause = sentence(cause)
        self.hint = sentence(hint)


class Unreachable(Failure):
    """A server did not answer; it may be starting, so asking again for a while is right."""


class Stopped(Failure):
    """Somebody asked the job to stop (cancel, timeout, machine going down)."""

    def __init__(self):
        super().__init__(
            "The job was stopped from outside before it ended",
            "Nothing: it was cancelled, or it is done again by itself",
        )


def sentence(text: str) -> str:
    """The text on one line, ended by a full stop."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."
