"""The staircase between deciding and doing: observe, read logs, decide, record, act, record.

The order is what makes it safe to kill anything between any two lines: an intent is recorded and
committed before the act, an act may be repeated, and an outcome is recorded from what is seen.
"""

from typing import Protocol

from . import effects, naming, steps
from .decide import decide
from .plan import RunState, StepContext
from .ports import (
    ConfigFile,
    JobState,
    Runtime,
    RuntimeRefused,
    RuntimeUnavailable,
    ServiceState,
)

MOVES_PER_TICK = 12  # of one run; a bound, not a goal


class Journal(Protocol):
    """What the loop remembers in. Nothing recorded counts before ``commit``."""

    def active(self) -> list[RunState]: ...
    def reload(self, run_id: int) -> RunState | None: ...
    def ingest(self, run_id: int, step: str, lines: list) -> None: ...
    def record(self, run_id: int, effect, now) -> None: ...
    def stalled(self, is_stalled: bool, now) -> None: ...
    def content(self, run_id: int, what: str) -> bytes: ...
    def abandon(self, run_id: int, fault: Exception, now) -> None: ...
    def commit(self) -> None: ...


def tick(journal: Journal, runtime: Runtime, clock, platform) -> int:
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


def _observe(runtime):
    try:
        return runtime.observe()
    except RuntimeUnavailable:
        return None


def _remove_orphans(runtime, observed, runs, platform):
    """Jobs whose attempt is no longer wanted go; ``runs`` was read after ``observed``."""
    wanted = {_current_job(run, platform) for run in runs}
    for name in observed.jobs:
        if name not in wanted:
            _quietly(runtime.remove, name)


def _quietly(call, *arguments):
    """Clean-up that fails is tried again by the next tick."""
    try:
        call(*arguments)
    except (RuntimeUnavailable, RuntimeRefused):
        return


def _current_job(run, platform):
    step = run.current_step
    if step is None or step.state != "running":
        return None
    return naming.job(platform.instance, run.id, step.name, step.attempt)


def _move_apart(journal, runtime, clock, platform, run, observed):
    """Advance one run; a fault of our own in one run must not stop the others."""
    try:
        return _move(journal, runtime, clock, platform, run, observed)
    except Exception as fault:
        journal.abandon(run.id, fault, clock.now())
        return 1


def _move(journal, runtime, clock, platform, run, observed):
    """Advance one run; return 1 while it is active."""
    for _turn in range(MOVES_PER_TICK):
        if observed is not None:
            run = _read_log(journal, runtime, platform, run, observed)
        moves = decide(run, observed, clock.now(), platform)
        has_moved = _act_all(journal, runtime, clock, run, moves)
        run = journal.reload(run.id)
        if run is None:
            return 0
        if not has_moved:
            return 1
    return 1


def _read_log(journal, runtime, platform, run, observed):
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
    return journal.reload(run.id)


def _container(run, step, platform):
    if steps.is_release(step.kind):
        return steps.service(StepContext(run, step, step.attempt, platform)).name
    return _current_job(run, platform)


def _has_started(observed, step, name):
    if steps.is_release(step.kind):
        return observed.service(name).state is not ServiceState.ABSENT
    return observed.job(name).state in (JobState.RUNNING, JobState.ENDED)


def _act_all(journal, runtime, clock, run, moves):
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


def _act(journal, runtime, clock, run, move):
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


def _record(journal, clock, run, move):
    journal.record(run.id, move, clock.now())
    journal.commit()


def _provide_files(journal, runtime, run, container):
    """Make the secrets and configs that only the control plane can write."""
    for file in (*container.secrets, *container.configs):
        if file.content_of is None:
            continue
        content = journal.content(run.id, file.content_of)
        if isinstance(file, ConfigFile):
            runtime.ensure_config(file.config, content, container.labels)
        else:
            runtime.ensure_secret(file.secret, content, container.labels)


def _refused(journal, clock, run, move, sentence):
    """The runtime said no: the attempt is void, so that it is tried again or given up."""
    if isinstance(move, effects.StartJob):
        void = effects.VoidAttempt(move.step, move.attempt, move.job.name, sentence)
        _record(journal, clock, run, void)
    elif isinstance(move, effects.Converge):
        void = effects.VoidAttempt(move.step, move.attempt, move.service.name, sentence)
        _record(journal, clock, run, void)
