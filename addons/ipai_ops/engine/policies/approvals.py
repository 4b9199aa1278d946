"""So many people must agree, none of whom asked for it."""

from collections.abc import Mapping

from .facts import Facts, Verdict, Voice

LABEL = "Approvals"
KINDS = (
    "deploy",
    "restore",
    "rollback",
    "upgrade",
    "modules",
    "shell",
    "database_shell",
    "download",
)


def judge(parameters: Mapping, facts: Facts) -> Verdict:
    """Count the voices that may speak; ``quorum`` of them, from ``role`` or ``group`` if named."""
    quorum = max(parameters.get("quorum") or 1, 1)
    count = len(approvers(parameters, facts))
    if count >= quorum:
        return Verdict(True, f"{count} of {quorum} approved.")
    return Verdict(False, f"{count} of {quorum} approved so far.", waits="approval")


def approvers(parameters: Mapping, facts: Facts) -> frozenset[int]:
    """Return those whose approval counts: four eyes, one voice each, however many hats they wear."""
    chosen: dict[int, int] = {}
    for voice in facts.voices:
        if voice.approves and may_speak(parameters, facts, voice):
            chosen.setdefault(voice.person, voice.principal)
    return frozenset(chosen.values())


def may_speak(parameters: Mapping, facts: Facts, voice: Voice) -> bool:
    """Say whether a voice is one the policy asks for, and not the requester's own."""
    if {voice.person, voice.principal} & facts.requesters:
        return False
    role, group = parameters.get("role"), parameters.get("group")
    if role and role not in voice.roles:
        return False
    return not group or group in voice.groups
