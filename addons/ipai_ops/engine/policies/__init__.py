"""What must hold before a run begins: one module per rule, plain facts in, a verdict out.

A rule is a module with ``LABEL``, ``KINDS`` (the kinds of work it usually concerns) and
``judge(parameters, facts) -> Verdict``. Other addons add theirs with ``register``.
"""

from collections.abc import Mapping
from types import ModuleType

from . import (
    approvals,
    base_image,
    freeze,
    green_build,
    ip_ranges,
    proven_backup,
    session_length,
    shell,
    snapshot,
)
from .facts import Facts, Verdict, Voice

__all__ = [
    "Facts",
    "Verdict",
    "Voice",
    "call",
    "judge",
    "labels",
    "names_of",
    "outcome",
    "register",
    "usual_kinds",
]
_RULES: dict[str, ModuleType] = {}
# What people call work whose kind of run has another name.
_NAMES: dict[str, tuple[str, ...]] = {"export": ("export", "download")}


def register(name: str, rule: ModuleType) -> None:
    """Teach the engine a rule."""
    _RULES[name] = rule


def call(kind: str, *names: str) -> None:
    """Have policies that concern one of ``names`` concern runs of ``kind``; none: no policy does."""
    _NAMES[kind] = names


def names_of(kind: str) -> frozenset[str]:
    """Return the names under which policies concern work of ``kind``."""
    return frozenset(_NAMES.get(kind, (kind,)))


def labels() -> list[tuple[str, str]]:
    """Return the rules as pairs of name and label."""
    return [(name, rule.LABEL) for name, rule in _RULES.items()]


def usual_kinds(name: str) -> tuple[str, ...]:
    """Return the kinds of work a rule concerns where a policy names none."""
    return _RULES[name].KINDS


def judge(name: str, parameters: Mapping, facts: Facts) -> Verdict:
    """Return the rule's Verdict on these facts."""
    return _RULES[name].judge(parameters, facts)


def outcome(enforcement: str, verdict: Verdict) -> str:
    """Return what a verdict comes to: pass, warn or block. What is not known does not pass."""
    if verdict.holds:
        return "pass"
    return "block" if enforcement == "block" else "warn"


for _module in (
    approvals,
    freeze,
    green_build,
    proven_backup,
    snapshot,
    base_image,
    shell,
    session_length,
    ip_ranges,
):
    register(_module.__name__.rpartition(".")[2], _module)
