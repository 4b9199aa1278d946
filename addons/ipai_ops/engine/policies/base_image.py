"""Builds start from an image somebody has looked at."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from .facts import Facts, Verdict

LABEL = "Base image"
KINDS = ("deploy", "upgrade")


def judge(parameters: Mapping, facts: Facts) -> Verdict:
    """Compare the base image with ``patterns``; the platform's own image is always allowed."""
    if not facts.base_image:
        return Verdict(True, "The platform's own image.")
    if any(fnmatchcase(facts.base_image, pattern) for pattern in parameters.get("patterns") or ()):
        return Verdict(True, f"{facts.base_image} is allowed.")
    return Verdict(False, f"The base image {facts.base_image} is not on the list.")
