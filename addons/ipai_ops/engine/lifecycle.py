"""Which state may follow which, for runs and for steps."""

from collections.abc import Collection, Mapping

RUN_NEXT: dict[str, set[str]] = {
    "blocked": {"queued", "cancelled", "superseded"},
    "queued": {"running", "cancelled", "superseded", "failed", "blocked"},
    "running": {"done", "failed", "cancelled", "queued"},
    "done": set(),
    "failed": set(),
    "cancelled": set(),
    "superseded": set(),
}

STEP_NEXT: dict[str, set[str]] = {
    "pending": {"running", "skipped", "cancelled", "failed"},
    "running": {"pending", "done", "failed", "cancelled"},
    "done": set(),
    "failed": set(),
    "cancelled": set(),
    "skipped": set(),
}

RUN_OVER = frozenset(state for state, following in RUN_NEXT.items() if not following)
STEP_OVER = frozenset(state for state, following in STEP_NEXT.items() if not following)


class WrongTransition(ValueError):
    """Somebody tried to move a run or step where it cannot go."""


def check_run(state: str, following: str) -> None:
    """Raise WrongTransition unless a run in ``state`` may become ``following``."""
    _check("run", RUN_NEXT, state, following)


def check_step(state: str, following: str) -> None:
    """Raise WrongTransition unless a step in ``state`` may become ``following``."""
    _check("step", STEP_NEXT, state, following)


def _check(what: str, table: Mapping[str, Collection[str]], state: str, following: str) -> None:
    if following != state and following not in table.get(state, ()):
        raise WrongTransition(f"A {what} that is {state} cannot become {following}.")
