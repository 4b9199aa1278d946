"""The one exception a person is meant to read."""


class Trouble(Exception):
    """Its text is one clear sentence: what is wrong and what to do about it."""
