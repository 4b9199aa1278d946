"""decide(): from what a run planned, did and shows now, to the next moves. Pure; the heart.

A run moves one step at a time. A step is either a *job* (a container that runs once and says its
result in its last line) or a *release* (a service that must become healthy). The rules that keep
a run right whatever is killed, and whenever:

* an attempt is recorded before its container is started, under a name made of run, step and
  attempt; where the container is absent it is started (again), where it exists it is adopted;
* a job has succeeded only when its result line, with the attempt's fence, has been read. Its
  exit status proves nothing: a container lost with its daemon has been seen "complete, exit 0";
* a container that ended without a result makes the attempt void, and the step is tried again;
* a run ends only after its containers are gone;
* after a step that failed or was cancelled only the steps that bring things back are due, and a
  cancel no longer touches them.

A third kind of step, the *gate*, has the edge hold the environment's requests or let them go on. A
hold is done when the edge says so; to let go is done when it is recorded, as what follows comes
through the edge and proves it. The end of a run always lets them go on.
"""

from datetime import datetime, timedelta

from . import naming, steps
from .effects import (
    Converge,
    Effect,
    FinishRun,
    FinishStep,
    Gate,
    NoteEnded,
    RemoveService,
    RollBack,
    StartJob,
    VoidAttempt,
    Wait,
)
from .plan import RunState, StepContext, StepState
from .platform import Platform
from .ports import JobState, JobStatus, Observation, ServiceState

LAST_LINES_GRACE = timedelta(seconds=3)  # a stopped container's lines may trail its state
PATIENCE = timedelta(minutes=10)  # how long a run waits for a runtime that does not answer
SILENT = "The Docker engine does not answer"
Moves = tuple[Effect, ...]


def decide(run: RunState, observed: Observation | None, now: datetime, platform: Platform) -> Moves:
    """Return the next moves of ``run``; ``observed`` is None while the runtime does not answer."""
    step, broken = run.current_step, run.broken_step
    if step is None:
        return _end(run, observed, now, platform)
    if observed is None:
        return _without_runtime(run, step, now, platform)
    if run.cancel_requested and broken is None:
        return _cancel(run, step, platform)
    context = StepContext(run, step, max(step.attempt, 1), platform)
    if step.state == "pending":
        undo = _undo_release(run, platform) if broken else ()
        return (*undo, *_begin(context, now))
    if _is_late(step, now):
        return _time_out(context, observed)
    if steps.is_gate(step.kind):
        return _follow_gate(context)
    if steps.is_release(step.kind):
        return _follow_release(context, observed)
    return _follow_job(context, observed, now)


def _end(run: RunState, observed: Observation | None, now: datetime, platform: Platform) -> Moves:
    """No step is left. After a break releases go back first, unless Docker stays away for too long."""
    if run.broken_step is None:
        return (FinishRun("done"),)
    if observed is None and not _is_out_of_patience(run, now):
        return (Wait(f"{SILENT}; waiting for it, to bring things back."),)
    undo = () if observed is None else _undo_release(run, platform)
    return (*undo, FinishRun(run.broken_step.state))


def _begin(context: StepContext, now: datetime) -> Moves:
    step = context.step
    if steps.is_needless(context):
        return (FinishStep(step.name, "skipped"),)
    if step.attempt >= step.attempts:
        return _give_up(context)
    if step.attempt and step.ended_seen_at and now < step.ended_seen_at + _pause(step.attempt):
        return (Wait(f"{step.label or step.name} was interrupted; trying again."),)
    following = StepContext(context.run, step, step.attempt + 1, context.platform)
    if steps.is_gate(step.kind) and not steps.holds(step.kind):
        return (_start(following), *_follow_gate(context))
    return (_start(following),)


def _start(context: StepContext) -> Effect:
    if steps.is_gate(context.step.kind):
        return Gate(context.step.name, context.attempt, steps.holds(context.step.kind))
    if steps.is_release(context.step.kind):
        return Converge(context.step.name, context.attempt, steps.service(context))
    return StartJob(context.step.name, context.attempt, steps.job(context))


def _follow_gate(context: StepContext) -> Moves:
    """The journal has a hold's result as soon as the edge serves what it was told."""
    step = context.step
    if not steps.holds(step.kind):
        return (FinishStep(step.name, "done", {"ok": True}),)
    if step.result is None:
        return (Wait("The edge is being told."),)
    return (FinishStep(step.name, "done", dict(step.result)),)


def _pause(attempt: int) -> timedelta:
    return timedelta(seconds=2**attempt)


def _give_up(context: StepContext) -> Moves:
    step = context.step
    last = f" {step.last_void}" if step.last_void else ""
    often, hint = f" {step.attempts} times", ""
    if step.attempts == 1:
        often, hint = "", "What it had done by then is not known: look before you retry. "
    return (
        *_undo(context),
        FinishStep(
            step.name,
            "failed",
            cause=f"{step.label or step.name} was interrupted{often}.{last}",
            hint=f"{hint}Look at the last lines of the log (an exit status of 137 often means out of "
            "memory), then retry.",
        ),
    )


def _follow_job(context: StepContext, observed: Observation, now: datetime) -> Moves:
    step = context.step
    name = job_name(context)
    if step.result is not None:
        return _take_result(step.name, dict(step.result), name)
    status = observed.job(name)
    if status.state is JobState.ABSENT and step.ended_seen_at is None:
        return (_start(context),)
    if status.state is JobState.PENDING and status.error:
        return (Wait(status.error),)
    if status.state not in (JobState.ENDED, JobState.ABSENT):
        return (Wait(),)
    if step.ended_seen_at is None:
        return (NoteEnded(step.name),)
    if now < step.ended_seen_at + LAST_LINES_GRACE:
        return (Wait(),)
    return (VoidAttempt(step.name, step.attempt, name, _why_void(status)),)


def _take_result(step: str, result: dict, job: str) -> Moves:
    finish = (
        FinishStep(step, "done", result)
        if result.get("ok")
        else FinishStep(step, "failed", result, result.get("cause", ""), result.get("hint", ""))
    )
    return (finish, RemoveService(job))


def _why_void(status: JobStatus) -> str:
    if status.error:
        return status.error
    code = "" if status.exit_code is None else f" (exit status {status.exit_code})"
    return f"The container ended without a result{code}."


def _follow_release(context: StepContext, observed: Observation) -> Moves:
    step = context.step
    wanted = steps.service(context)
    status = observed.service(wanted.name)
    if status.state is ServiceState.ABSENT or status.fingerprint != wanted.fingerprint:
        return (_start(context),)
    if status.state is ServiceState.HEALTHY:
        return (FinishStep(step.name, "done", {"ok": True, "service": wanted.name}),)
    if status.state is ServiceState.FAILING:
        return (*_undo(context), _release_failed(step, status.error))
    return (Wait(status.error),)


def _release_failed(step: StepState, error: str) -> FinishStep:
    why = f" {error}" if error else ""
    return FinishStep(
        step.name,
        "failed",
        cause=f"The new release did not become healthy; what ran before goes on serving.{why}",
        hint="Read the last lines of the log, correct the cause, and push again.",
    )


def _time_out(context: StepContext, observed: Observation) -> Moves:
    """A step that brings things back is tried again: its time may have passed while Docker was away."""
    step = context.step
    if step.when != "done":
        name = job_name(context)
        return (*_undo(context), VoidAttempt(step.name, step.attempt, name, "It took too long."))
    minutes = max(1, step.timeout_seconds // 60)
    unit = "minute" if minutes == 1 else "minutes"
    failed = FinishStep(
        step.name,
        "failed",
        cause=f"{step.label or step.name} took longer than {minutes} {unit} and was stopped."
        + _last_error(context, observed),
        hint="Look at the last lines of the log for what it waited for, then retry.",
    )
    return (*_undo(context), failed)


def _last_error(context: StepContext, observed: Observation) -> str:
    if steps.is_release(context.step.kind):
        error = observed.service(steps.service(context).name).error
    else:
        error = observed.job(job_name(context)).error
    return f" {error}" if error else ""


def _cancel(run: RunState, step: StepState, platform: Platform) -> Moves:
    context = StepContext(run, step, max(step.attempt, 1), platform)
    undo = _undo(context) if step.state == "running" else ()
    return (*undo, FinishStep(step.name, "cancelled"))


def _undo(context: StepContext) -> Moves:
    """Take away what the step has running; a release goes back to the one before."""
    if context.step.attempt == 0:
        return ()
    if not steps.is_release(context.step.kind):
        return (RemoveService(job_name(context)),)
    wanted = steps.service(context)
    return (RollBack(wanted.name, wanted.fingerprint),)


def _undo_release(run: RunState, platform: Platform) -> Moves:
    """A release that a later step found wanting goes back too."""
    released = (step for step in run.steps if step.state == "done" and steps.is_release(step.kind))
    contexts = (StepContext(run, step, step.attempt, platform) for step in released)
    return tuple(effect for context in contexts for effect in _undo(context))


def _without_runtime(run: RunState, step: StepState, now: datetime, platform: Platform) -> Moves:
    """A run gives up after a while; one that has data to bring back waits for as long as it takes."""
    if run.broken_step is not None:
        return (Wait(f"{SILENT}; waiting for it, to bring things back."),)
    if run.cancel_requested and step.state == "pending":
        return _end_without_runtime(run, FinishStep(step.name, "cancelled"), platform)
    if _is_out_of_patience(run, now):
        cause, hint = (
            f"{SILENT}, for 10 minutes now.",
            "Start the Docker engine on the server, then retry.",
        )
        failed = FinishStep(step.name, "failed", cause=cause, hint=hint)
        return _end_without_runtime(run, failed, platform)
    return (Wait(f"{SILENT}; waiting for it."),)


def _is_out_of_patience(run: RunState, now: datetime) -> bool:
    return run.stalled_since is not None and now > run.stalled_since + PATIENCE


def _end_without_runtime(run: RunState, finish: FinishStep, platform: Platform) -> Moves:
    """The run is over at once where nothing has to be brought back."""
    broken = run.broken_by(finish.step, finish.state)
    contexts = (StepContext(broken, step, 1, platform) for step in broken.due_after_break)
    if all(steps.is_needless(context) for context in contexts):
        return (finish, FinishRun(finish.state))
    return (finish,)


def _is_late(step: StepState, now: datetime) -> bool:
    if step.started_at is None or step.result is not None:
        return False
    return now > step.started_at + timedelta(seconds=step.timeout_seconds)


def job_name(context: StepContext) -> str:
    """Return the Swarm service name of the step's attempt."""
    return naming.job(context.platform.instance, context.run.id, context.step.name, context.attempt)
