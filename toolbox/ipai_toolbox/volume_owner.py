"""Whose a volume is: asked of Docker before it is removed. A name in an order proves nothing."""

import json
import re

from .docker_cli import Docker
from .outcome import Failure
from .spec import FAULT

INSTANCE, ENVIRONMENT = "ipai.instance", "ipai.environment"
OF_AN_ENVIRONMENT = re.compile(r".+-env-(\d+)-(?:data|quarantine)")


def require_own_volume(docker: Docker, name: str, wanted: dict) -> None:
    """The volume has these labels, or is not there. Raises Failure.

    One of an earlier release names its instance alone; its own name then says the environment.
    """
    if not wanted.get(INSTANCE) or not wanted.get(ENVIRONMENT):
        raise Failure(f"The job's specification does not say whose the volume {name} is", FAULT)
    found = _labels(docker, name)
    if found is None:
        return
    named = OF_AN_ENVIRONMENT.fullmatch(name)
    environment = found.get(ENVIRONMENT) or (named[1] if named else "")
    if found.get(INSTANCE) == wanted[INSTANCE] and environment == wanted[ENVIRONMENT]:
        return
    says = (
        f"it belongs to environment number {environment}" if environment else "its label names none"
    )
    if not found.get(INSTANCE):
        says = "it has no label that says whose it is"
    elif found[INSTANCE] != wanted[INSTANCE]:
        says = f"it belongs to the instance {found[INSTANCE]}"
    raise Failure(
        f"The volume {name} is not removed for environment number {wanted[ENVIRONMENT]}: {says}",
        f"Look at what is in it; if nobody needs it, remove it with “docker volume rm {name}”, then retry",
    )


def _labels(docker: Docker, name: str) -> dict | None:
    """The labels of the volume; None where there is none of that name."""
    done = docker.inspect("volume", name, "{{json .Labels}}")
    if done.is_ok:
        return json.loads(done.output) or {}
    if "no such" in done.errors.lower():
        return None
    raise Failure(f"Docker does not say whose the volume {name} is", "Retry the run")
