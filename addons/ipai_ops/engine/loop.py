"""The staircase between deciding and doing: observe, read logs, decide, record, act, record.

The order is what makes it safe to kill anything between any two lines: an intent is recorded and
committed before the act, an act may be repeated, and an outcome is recorded from what is seen.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from . import effects, naming, steps
from .decide import decide
from .plan import RunState, StepContext, StepState
from .platform import Platform
from .ports import (
    Clock,
    ConfigFile,
    ContainerSpec,
    JobState,
    LogLine,
    Observation,
    Runtime,
    RuntimeRefused,
    RuntimeUnavailable,
    SecretFile,
    ServiceState,
)

MOVES_PER_TICK = 12  # of one run; a bound, not a goal


class Journal(Protocol):
    """What the loop remembers in. Nothing recorded counts before ``commit``."""

    def active(self) -> list[RunState]: ...
    def reload(self, run_id: int) -> RunState | None: ...
    def ingest(self, run_id: int, step: str, lines: list[LogLine]) -> None: ...
    def record(self, run_id: int, effect: effects.Effect, now: datetime) -> None: ...
    def stalled(self, is_stalled: bool, now: datetime) -> None: ...
    def content(self, run_id: int, what: str) -> bytes: ...
    def abandon(self, run_id: int, fault: Exception, now: datetime) -> None: ...
    def commit(self) -> None: ...


def tick(journal: Journal, runtime: Runtime, clock: Clock, platform: Platform) -> int:
    """Move every active run as far as it goes now; return how many are still active.

    Costs two calls of the runtime, one more per running job, and is linear in the active runs.
    """
    observed = _observe(runtime)
    journal.stalled(observed is None, clock.now())
    journal.commit()
    runs = journal.active()
    if observed is not None:
        _remove_orphans(runtime, observed, runs, platform)
    return sum(_move_apart(journal, runtime, clock, platform, run, observed) for run in runs)


def _observe(runtime: Runtime) -> Observation | None:
    try:
        return runtime.observe()
    except RuntimeUnavailable:
        return None


def _remove_orphans(
    runtime: Runtime, observed: Observation, runs: list[RunState], platform: Platform
) -> None:
    """Jobs whose attempt is no longer wanted go; ``runs`` was read after ``observed``."""
    wanted = {_current_job(run, platform) for run in runs}
    for name in observed.jobs:
        if name not in wanted:
            _quietly_remove(runtime, name)


def _quietly_remove(runtime: Runtime, name: str) -> None:
    """Clean-up that fails is tried again by the next tick."""
    try:
        runtime.remove(name)
    except (RuntimeUnavailable, RuntimeRefused):
        return


def _current_job(run: RunState, platform: Platform) -> str | None:
    step = run.current_step
    return None if step is None or step.state != "running" else _job_name(run, step, platform)


def _job_name(run: RunState, step: StepState, platform: Platform) -> str:
    return naming.job(platform.instance, run.id, step.name, step.attempt)


def _move_apart(
    journal: Journal,
    runtime: Runtime,
    clock: Clock,
    platform: Platform,
    run: RunState,
    observed: Observation | None,
) -> int:
    """Advance one run; a fault of our own in one run must not stop the others."""
    try:
        return _move(journal, runtime, clock, platform, run, observed)
    except Exception as fault:
        journal.abandon(run.id, fault, clock.now())
        return 1


def _move(
    journal: Journal,
    runtime: Runtime,
    clock: Clock,
    platform: Platform,
    run: RunState,
    observed: Observation | None,
) -> int:
    """Advance one run; return 1 while it is active."""
    for _turn in range(MOVES_PER_TICK):
        if observed is not None:
            run = _read_log(journal, runtime, platform, run, observed)
        moves = decide(run, observed, clock.now(), platform)
        has_moved = _act_all(journal, runtime, clock, run, moves)
        after = journal.reload(run.id)
        if after is None:
            return 0
        if not has_moved:
            return 1
        run = after
    return 1


def _read_log(
    journal: Journal, runtime: Runtime, platform: Platform, run: RunState, observed: Observation
) -> RunState:
    """Take in what the step's container has written since the last look."""
    step = run.current_step
    if step is None or step.state != "running" or step.result is not None:
        return run
    name = _container(run, step, platform)
    if not _has_started(observed, step, name):
        return run
    try:
        lines = list(runtime.logs(name, step.log_cursor))
    except (RuntimeUnavailable, RuntimeRefused):
        return run
    if not lines:
        return run
    journal.ingest(run.id, step.name, lines)
    journal.commit()
    return journal.reload(run.id) or run


def _container(run: RunState, step: StepState, platform: Platform) -> str:
    if steps.is_release(step.kind):
        return steps.service(StepContext(run, step, step.attempt, platform)).name
    return _job_name(run, step, platform)


def _has_started(observed: Observation, step: StepState, name: str) -> bool:
    if steps.is_release(step.kind):
        return observed.service(name).state is not ServiceState.ABSENT
    return observed.job(name).state in (JobState.RUNNING, JobState.ENDED)


def _act_all(
    journal: Journal, runtime: Runtime, clock: Clock, run: RunState, moves: Iterable[effects.Effect]
) -> bool:
    """Act out the moves; say whether the run may be able to move on at once."""
    for move in moves:
        try:
            _act(journal, runtime, clock, run, move)
        except RuntimeUnavailable:
            return False
        except RuntimeRefused as refusal:
            _refused(journal, clock, run, move, str(refusal))
            return False
    return any(isinstance(move, effects.FinishStep | effects.FinishRun) for move in moves)


def _act(
    journal: Journal, runtime: Runtime, clock: Clock, run: RunState, move: effects.Effect
) -> None:
    match move:
        case effects.StartJob():
            _record(journal, clock, run, move)
            _provide_files(journal, runtime, run, move.job)
            runtime.start_job(move.job)
        case effects.Converge():
            _record(journal, clock, run, move)
            _provide_files(journal, runtime, run, move.service)
            runtime.converge(move.service)
        case effects.RollBack():
            runtime.roll_back(move.name, move.fingerprint)
        case effects.RemoveService():
            runtime.remove(move.name)
        case effects.Wait():
            journal.record(run.id, move, clock.now())  # only words: no commit of its own
        case _:
            _record(journal, clock, run, move)


def _record(journal: Journal, clock: Clock, run: RunState, move: effects.Effect) -> None:
    journal.record(run.id, move, clock.now())
    journal.commit()


def _provide_files(
    journal: Journal, runtime: Runtime, run: RunState, container: ContainerSpec
) -> None:
    """Make the secrets and configs that only the control plane can write."""
    files: tuple[SecretFile | ConfigFile, ...] = (*container.secrets, *container.configs)
    for file in files:
        if file.content_of is None:
            continue
        content = journal.content(run.id, file.content_of)
        if isinstance(file, ConfigFile):
            runtime.ensure_config(file.config, content, container.labels)
        else:
            runtime.ensure_secret(file.secret, content, container.labels)


def _refused(
    journal: Journal, clock: Clock, run: RunState, move: effects.Effect, sentence: str
) -> None:
    """The runtime said no: the attempt is void, so that it is tried again or given up."""
    if isinstance(move, effects.StartJob):
        void = effects.VoidAttempt(move.step, move.attempt, move.job.name, sentence)
        _record(journal, clock, run, void)
    elif isinstance(move, effects.Converge):
        void = effects.VoidAttempt(move.step, move.attempt, move.service.name, sentence)
        _record(journal, clock, run, void)
