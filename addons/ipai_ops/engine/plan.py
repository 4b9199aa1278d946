"""What a run is to do (Plan), and what it has done so far (RunState): frozen, plain, comparable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .platform import Platform


@dataclass(frozen=True)
class StepPlan:
    """One step of a pipeline. ``attempts`` counts interrupted tries, not failed ones.

    ``when``: ``done`` for an ordinary step, ``failed`` for one that brings things back after an
    earlier step failed or was cancelled, ``always`` for one that is due either way.
    """

    name: str
    kind: str
    label: str
    timeout_seconds: int = 900
    attempts: int = 3
    when: str = "done"


@dataclass(frozen=True)
class Plan:
    """The ordered steps of a kind of run."""

    kind: str
    steps: tuple[StepPlan, ...]


@dataclass(frozen=True)
class StepState:
    """A step of a run as the journal remembers it."""

    name: str
    kind: str
    state: str = "pending"
    attempt: int = 0
    attempts: int = 3
    timeout_seconds: int = 900
    started_at: datetime | None = None
    ended_seen_at: datetime | None = None
    result: Mapping | None = None
    label: str = ""
    last_void: str = ""
    log_cursor: str = ""
    when: str = "done"

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "skipped")

    @property
    def has_broken(self) -> bool:
        return self.state in ("failed", "cancelled")


@dataclass(frozen=True)
class RunState:
    """A run as the journal remembers it; ``spec`` is frozen when the run is queued."""

    id: int
    kind: str
    spec: Mapping = field(default_factory=dict)
    steps: tuple[StepState, ...] = ()
    cancel_requested: bool = False
    stalled_since: datetime | None = None

    @property
    def broken_step(self) -> StepState | None:
        """The first step that failed or was cancelled, or None: from there on things go back."""
        return next((step for step in self.steps if step.has_broken), None)

    @property
    def current_step(self) -> StepState | None:
        """The first step that is due and not over, or None when nothing is left to do."""
        if self.broken_step is None:
            return next((s for s in self.steps if s.when != "failed" and not s.is_over), None)
        return next(iter(self.due_after_break), None)

    @property
    def due_after_break(self) -> list[StepState]:
        """The steps that are left to bring things back, in order."""
        due = (step for step in self.steps if step.when != "done")
        return [step for step in due if not (step.is_over or step.has_broken)]

    def broken_by(self, name: str, state: str) -> "RunState":
        """Return the run as it will be once the step of this name has failed or was cancelled."""
        changed = (replace(step, state=state) if step.name == name else step for step in self.steps)
        return replace(self, steps=tuple(changed))

    @property
    def results(self) -> dict[str, dict]:
        """What the finished steps found out, by step name."""
        return {step.name: dict(step.result or {}) for step in self.steps if step.state == "done"}


@dataclass(frozen=True)
class StepContext:
    """All a step kind may look at when it says what it needs."""

    run: RunState
    step: StepState
    attempt: int
    platform: Platform

    @property
    def spec(self) -> Mapping:
        return self.run.spec

    @property
    def results(self) -> dict[str, dict]:
        return self.run.results
