"""How a verb says that it could not do its work."""


class Failure(Exception):
    """An expected bad end: one sentence says what happened, another what to do about it."""

    def __init__(self, cause: str, hint: str):
        super().__init__(cause)
        self.cause = sentence(cause)
        self.hint = sentence(hint)


class Unreachable(Failure):
    """A server did not answer; it may be starting, so asking again for a while is right."""


class Stopped(BaseException):
    """Somebody asked the job to stop (cancel, timeout, machine going down): no verb may take it for its own end."""

    cause = "The job was stopped from outside before it ended."


def sentence(text: str) -> str:
    """The text on one line, ended by a full stop."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."
