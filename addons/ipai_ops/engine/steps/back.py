"""back: a run that broke puts the data back that served before it; what it made is kept as failed."""

from ..plan import StepContext, StepState
from ..ports import JobSpec
from . import copies, swap
from .copies import Made

CHANGING = ["update"]  # the kinds of step that change live data; other addons add theirs


def job(context: StepContext) -> JobSpec:
    """Return the exchange that undoes the run's own, or that brings its restore point back."""
    if _has(context, "swap"):
        return swap.exchange(context, copies.copy_name(context, "a"), swap.incoming(context))
    return swap.exchange(context, copies.copy_name(context, "p"), copies.copy_name(context, "f"))


def is_needless(context: StepContext) -> bool:
    """Nothing goes back where the live data was not touched."""
    if _has(context, "swap"):
        return _state(context, "swap") in ("pending", "skipped")
    return _state(context, "point") != "done" or not _was_updated(context)


def makes(context: StepContext) -> tuple[Made, ...]:
    """Return what an update left behind, kept for a look."""
    return () if _has(context, "swap") else (copies.made(context, copies.copy_name(context, "f")),)


def _was_updated(context: StepContext) -> bool:
    return any(_changed(context, step) for step in context.run.steps if step.kind in CHANGING)


def _changed(context: StepContext, step: StepState) -> bool:
    if step.state == "done":
        return context.results[step.name].get("mode") != "none"
    return step.state in ("failed", "cancelled")


def _has(context: StepContext, kind: str) -> bool:
    return any(step.kind == kind for step in context.run.steps)


def _state(context: StepContext, kind: str) -> str:
    return next((step.state for step in context.run.steps if step.kind == kind), "skipped")
