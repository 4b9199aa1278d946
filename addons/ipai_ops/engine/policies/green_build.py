"""A commit goes on only after it was green somewhere before."""

from collections.abc import Mapping

from .facts import Facts, Verdict

LABEL = "Green build"
KINDS = ("deploy", "upgrade")


def judge(parameters: Mapping, facts: Facts) -> Verdict:
    """Look for a green run of the same commit, in ``stage`` when the policy names one."""
    if not facts.commit:
        return Verdict(False, "Which commit it will be is not known yet: deploy a named commit.")
    stage = parameters.get("stage")
    places = {stage: facts.builds.get(stage, ())} if stage else facts.builds
    if any("green" in colours for colours in places.values()):
        return Verdict(True, f"{facts.commit[:7]} was green before.")
    where = f" in {stage}" if stage else " anywhere else"
    if any(places.values()):
        return Verdict(False, f"{facts.commit[:7]} was built{where}, but not green.")
    return Verdict(False, f"{facts.commit[:7]} was never built{where}.")
