"""Which channels hear of a fact, and who is mentioned there."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .facts import Fact, is_problem


@dataclass(frozen=True)
class Rule:
    """``kinds``: patterns such as ``run.*``; empty sets mean any."""

    channel: int
    kinds: tuple[str, ...] = ("*",)
    stages: frozenset[str] = frozenset()
    projects: frozenset[int] = frozenset()
    environments: frozenset[int] = frozenset()
    only_problems: bool = False
    mention: str = ""


def split_kinds(text: str) -> tuple[str, ...]:
    """Return the patterns of a comma separated list; an empty list means every fact."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip()) or ("*",)


def matches(rule: Rule, fact: Fact) -> bool:
    """Say whether the rule sends the fact."""
    return (
        any(fnmatchcase(fact.kind, pattern) for pattern in rule.kinds)
        and (not rule.stages or fact.stage in rule.stages)
        and (not rule.projects or fact.project_id in rule.projects)
        and (not rule.environments or fact.environment_id in rule.environments)
        and (not rule.only_problems or is_problem(fact))
    )


def routes(fact: Fact, rules: Iterable[Rule]) -> dict[int, str]:
    """Return the channels that hear of the fact, and whom to mention: nobody unless it is a problem."""
    found: dict[int, list[str]] = {}
    for rule in rules:
        if matches(rule, fact):
            mentions = found.setdefault(rule.channel, [])
            if rule.mention and is_problem(fact) and rule.mention not in mentions:
                mentions.append(rule.mention)
    return {channel: " ".join(mentions) for channel, mentions in found.items()}
