"""Whose a volume is: the labels it is made with, and the question asked before it is used.

A volume that environments share is labelled with the instance alone. So is an environment's volume of
an earlier release; there its name says which environment it belongs to.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from .ports import Mount

INSTANCE, ENVIRONMENT, PROJECT = "ipai.instance", "ipai.environment", "ipai.project"
OWNERS = (INSTANCE, ENVIRONMENT, PROJECT)
NOTHING = "Nothing was done with it. Check which volume the environment should have, then retry."


def owned(
    instance: str,
    environment: int | str,
    project: int | None,
    name: str,
    target: str,
    read_only: bool = False,
) -> Mount:
    """Return the mount of an environment's volume; ``project`` is None where it is not known."""
    labels = {INSTANCE: instance, ENVIRONMENT: str(environment)}
    if project:
        labels[PROJECT] = str(project)
    return Mount(name, target, read_only, labels)


def limited(mount: Mount, size_bytes: int) -> Mount:
    """Return the mount of a volume that never holds more, where the file system can keep to that."""
    return replace(mount, size_bytes=size_bytes)


def labels_by_name(instance: str, name: str) -> dict[str, str]:
    """Return the labels that a volume of this name is made with, as far as the name says."""
    number = _named_environment(instance, name)
    return {INSTANCE: instance, **({ENVIRONMENT: number} if number else {})}


def labels_of(mount: Mount, container_labels: Mapping[str, str]) -> dict[str, str]:
    """Return what the mounted volume is made with; it always names the container's instance."""
    own = {key: container_labels[key] for key in (INSTANCE,) if key in container_labels}
    return {**own, **mount.labels}


def refusal(name: str, wanted: Mapping[str, str], found: Mapping[str, str] | None) -> str:
    """Return why the volume must not be used, or an empty text.

    ``wanted``: the labels it would be made with; ``found``: those it has, or None where there is no
    such volume yet.
    """
    if found is None:
        return ""
    if not found.get(INSTANCE):
        return (
            f"The volume {name} has no label that says whose it is, so it was not made by "
            f"Operations. Nothing was done with it. {_way_on(name, wanted)}"
        )
    if found[INSTANCE] != wanted.get(INSTANCE):
        return f"The volume {name} belongs to the instance {found[INSTANCE]}. {NOTHING}"
    owner = found.get(ENVIRONMENT) or _named_environment(found[INSTANCE], name)
    if owner != wanted.get(ENVIRONMENT, ""):
        wished = _shown(wanted.get(ENVIRONMENT))
        return f"The volume {name} belongs to {_shown(owner)}, not to {wished}. {NOTHING}"
    project = found.get(PROJECT)
    if project and project != wanted.get(PROJECT, project):
        return f"The volume {name} belongs to project number {project}. {NOTHING}"
    return ""


def _way_on(name: str, wanted: Mapping[str, str]) -> str:
    labels = " ".join(f"--label {key}={value}" for key, value in sorted(wanted.items()))
    return (
        f"To keep its files, copy them elsewhere, remove it, make it again with “docker volume create "
        f"{labels} {name}” and copy them back; otherwise remove it. Then retry."
    )


def _named_environment(instance: str, name: str) -> str:
    """Return the number of the environment that the name says, or an empty text."""
    named = re.fullmatch(rf"{re.escape(instance)}-env-(\d+)-(?:data|quarantine)", name)
    return named[1] if named else ""


def _shown(owner: str | None) -> str:
    return f"environment number {owner}" if owner else "all environments"
