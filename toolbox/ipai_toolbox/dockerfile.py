"""Writes the Dockerfile of a target: apt, pip, then addons, each layer only when it is needed."""

from dataclasses import dataclass

ADDONS = "/opt/ipai/addons"
MOUNTED = "/opt/ipai/build"
BUNDLE = "--mount=type=secret,id=ca-bundle"
PIP_CACHE = "--mount=type=cache,target=/root/.cache/pip"


@dataclass(frozen=True)
class Recipe:
    """What goes into the image."""

    base_image: str
    user: str
    has_apt: bool = False
    has_python: bool = False
    has_extra: bool = False


def dockerfile(recipe: Recipe) -> str:
    """The Dockerfile's text: the same recipe gives the same text."""
    parts = [f"FROM {recipe.base_image}", "USER root"]
    if recipe.has_apt:
        parts.append(_run("system", BUNDLE))
    if recipe.has_python:
        parts.append(_run("python", BUNDLE, PIP_CACHE))
    if recipe.has_extra:
        parts.append(f"COPY extra/ {ADDONS}/")
    parts.append(f"COPY addons/ {ADDONS}/")
    parts.append(f"USER {recipe.user or 'root'}")
    return "\n".join(parts) + "\n"


def _run(folder: str, *mounts: str) -> str:
    bind = f"--mount=type=bind,source={folder},target={MOUNTED}"
    lines = ["RUN " + " \\\n    ".join([bind, *mounts, f"python3 {MOUNTED}/install_{folder}.py"])]
    return "\n".join(lines)
