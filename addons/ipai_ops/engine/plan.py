"""What a run is to do (Plan), and what it has done so far (RunState): frozen, plain, comparable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class StepPlan:
    """One step of a pipeline. ``attempts`` counts interrupted tries, not failed ones."""

    name: str
    kind: str
    label: str
    timeout_seconds: int = 900
    attempts: int = 3


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

    @property
    def is_over(self):
        return self.state in ("done", "skipped")


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
    def current_step(self):
        """The first step that is not over, or None when all are."""
        return next((step for step in self.steps if not step.is_over), None)

    @property
    def results(self):
        """What the finished steps found out, by step name."""
        return {step.name: dict(step.result or {}) for step in self.steps if step.state == "done"}


@dataclass(frozen=True)
class StepContext:
    """All a step kind may look at when it says what it needs."""

    run: RunState
    step: StepState
    attempt: int
    platform: object

    @property
    def spec(self):
        return self.run.spec

    @property
    def results(self):
        return self.run.results
