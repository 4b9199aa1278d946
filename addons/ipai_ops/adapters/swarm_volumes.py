"""Volumes of this machine, before a container mounts them: whose they are, and how large they may grow."""

from collections.abc import Mapping

import docker
from docker.errors import APIError, NotFound

from ..engine import volumes
from ..engine.ports import ContainerSpec, Mount, RuntimeRefused

NO_QUOTA = (
    "quota"  # a word of the engine's answer where its file system has none (XFS with pquota has)
)


def require_own(
    client: docker.APIClient, container: ContainerSpec, labels: Mapping[str, str]
) -> None:
    """Refuse a container one of whose volumes is somebody else's; a new one is made with its labels.

    Raises RuntimeRefused.
    """
    for mount in container.mounts:
        if mount.source.startswith("/"):
            continue
        found, wanted = labels_of(client, mount.source), volumes.labels_of(mount, labels)
        if reason := volumes.refusal(mount.source, wanted, found):
            raise RuntimeRefused(reason)
        if found is None and mount.size_bytes and len(client.nodes()) == 1:
            make_limited(client, mount, wanted)


def labels_of(client: docker.APIClient, name: str) -> dict[str, str] | None:
    """Return the labels of a volume of this machine; None where there is no such volume."""
    try:
        return client.inspect_volume(name).get("Labels") or {}
    except NotFound:
        return None


def make_limited(client: docker.APIClient, mount: Mount, labels: dict[str, str]) -> bool:
    """Make the volume with a size that the file system enforces; say whether it can.

    Where it cannot, the container's task makes it without one; so it does where a swarm has other nodes.
    """
    try:
        size = {"size": str(mount.size_bytes)}
        client.create_volume(mount.source, driver="local", driver_opts=size, labels=labels)
    except APIError as error:
        if NO_QUOTA not in str(error.explanation):
            raise
        return False
    return True
