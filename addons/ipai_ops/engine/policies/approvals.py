"""So many people must agree, none of whom asked for it."""

from .facts import Verdict

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


def judge(parameters, facts):
    """Count the voices that may speak; ``quorum`` of them, from ``role`` or ``group`` if named."""
    quorum = max(parameters.get("quorum") or 1, 1)
    count = len(approvers(parameters, facts))
    if count >= quorum:
        return Verdict(True, f"{count} of {quorum} approved.")
    return Verdict(False, f"{count} of {quorum} approved so far.", waits="approval")


def approvers(parameters, facts):
    """Return those whose approval counts: four eyes, one voice each, however many hats they wear."""
    chosen = {}
    for voice in facts.voices:
        if voice.approves and may_speak(parameters, facts, voice):
            chosen.setdefault(voice.person, voice.principal)
    return frozenset(chosen.values())


def may_speak(parameters, facts, voice):
    """Say whether a voice is one the policy asks for, and not the requester's own."""
    if {voice.person, voice.principal} & facts.requesters:
        return False
    role, group = parameters.get("role"), parameters.get("group")
    if role and role not in voice.roles:
        return False
    return not group or group in voice.groups
