"""The moves the engine may ask for. The driver acts them out, in order, each idempotent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .ports import JobSpec, ServiceSpec


@dataclass(frozen=True)
class StartJob:
    """Record the attempt, then start its container; also used to start it again if it is absent."""

    step: str
    attempt: int
    job: JobSpec


@dataclass(frozen=True)
class Converge:
    """Record the attempt, then make the service so."""

    step: str
    attempt: int
    service: ServiceSpec


@dataclass(frozen=True)
class Gate:
    """Record the attempt, and that the edge is to hold the environment's requests, or not."""

    step: str
    attempt: int
    is_held: bool


@dataclass(frozen=True)
class NoteEnded:
    """The job's container has stopped; its last lines may still be on their way."""

    step: str


@dataclass(frozen=True)
class VoidAttempt:
    """The attempt left no result: it counts for nothing and the step is tried again."""

    step: str
    attempt: int
    job: str
    reason: str


@dataclass(frozen=True)
class FinishStep:
    """The step is over: done, failed, cancelled or skipped."""

    step: str
    state: str
    result: Mapping = field(default_factory=dict)
    cause: str = ""
    hint: str = ""


@dataclass(frozen=True)
class RemoveService:
    """Take a job or service away; absent is fine."""

    name: str


@dataclass(frozen=True)
class RollBack:
    """Bring a service back to the release before ``fingerprint``, or away if it was the first."""

    name: str
    fingerprint: str


@dataclass(frozen=True)
class FinishRun:
    """The run is over; nothing of it is left running."""

    state: str
    cause: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Wait:
    """Nothing to do until the world moves; ``what`` is shown to people."""

    what: str = ""


Effect = (
    StartJob
    | Converge
    | Gate
    | NoteEnded
    | VoidAttempt
    | FinishStep
    | RemoveService
    | RollBack
    | FinishRun
    | Wait
)
