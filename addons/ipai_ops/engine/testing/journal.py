"""The loop's journal in a dictionary."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .. import effects, lifecycle
from ..pipelines import plan_for
from ..plan import RunState, StepState
from ..ports import LogLine
from .world import Killer

StepEffect = (
    effects.StartJob
    | effects.Converge
    | effects.Gate
    | effects.NoteEnded
    | effects.VoidAttempt
    | effects.FinishStep
)


@dataclass
class Memory:
    """What MemoryJournal has committed."""

    runs: dict[int, RunState] = field(default_factory=dict)
    finished: dict[int, effects.FinishRun] = field(default_factory=dict)
    events: dict[tuple[int, str, int, int], dict] = field(default_factory=dict)
    history: list[tuple[int, str, str]] = field(default_factory=list)


class MemoryJournal:
    """The loop's journal in a dictionary; a kill loses what was not committed."""

    def __init__(self, killer: Killer | None = None, known_contents: bytes = b"content"):
        self.killer = killer or Killer()
        self.saved = Memory()
        self.work = Memory()
        self._content = known_contents
        self.faults: list[tuple[int, Exception]] = []

    def queue(self, run_id: int, kind: str, spec: Mapping) -> None:
        """Queue a run as the control plane would, with the pipeline's own steps."""
        planned = plan_for(kind, spec).steps
        steps = tuple(
            StepState(
                s.name,
                s.kind,
                attempts=s.attempts,
                timeout_seconds=s.timeout_seconds,
                label=s.label,
                when=s.when,
            )
            for s in planned
        )
        self.work.runs[run_id] = RunState(run_id, kind, spec, steps)
        self.commit()

    def request_cancel(self, run_id: int) -> None:
        if run_id in self.work.runs:
            self.work.runs[run_id] = replace(self.work.runs[run_id], cancel_requested=True)
            self.saved = copy.deepcopy(self.work)

    def after_kill(self) -> None:
        """What a new process finds."""
        self.work = copy.deepcopy(self.saved)

    # The port -------------------------------------------------------------------------------
    def active(self) -> list[RunState]:
        return list(self.work.runs.values())

    def reload(self, run_id: int) -> RunState | None:
        return self.work.runs.get(run_id)

    def commit(self) -> None:
        self.killer.crossing()
        self.saved = copy.deepcopy(self.work)
        self.killer.crossing()

    def content(self, run_id: int, what: str) -> bytes:
        return self._content

    def abandon(self, run_id: int, fault: Exception, now: datetime) -> None:
        self.work = copy.deepcopy(self.saved)
        self.faults.append((run_id, fault))

    def stalled(self, is_stalled: bool, now: datetime) -> None:
        for run_id, run in self.work.runs.items():
            since = (run.stalled_since or now) if is_stalled else None
            self.work.runs[run_id] = replace(run, stalled_since=since)

    def ingest(self, run_id: int, step: str, lines: list[LogLine]) -> None:
        run = self.work.runs[run_id]
        state = next(s for s in run.steps if s.name == step)
        for line in lines:
            data = json.loads(line.text)
            self.work.events[(run_id, data["step"], data["attempt"], data["seq"])] = data
            if data.get("fence") == f"{run_id}-{step}-{state.attempt}":
                state = replace(state, result=data["result"])
        self._put(run, replace(state, log_cursor=lines[-1].cursor))

    def record(self, run_id: int, effect: effects.Effect, now: datetime) -> None:
        run = self.work.runs[run_id]
        if isinstance(effect, effects.FinishRun):
            self.work.finished[run_id] = effect
            self.work.history.append((run_id, "run", effect.state))
            del self.work.runs[run_id]
            return
        if isinstance(effect, effects.Wait | effects.RemoveService | effects.RollBack):
            return
        state = next(s for s in run.steps if s.name == effect.step)
        self._put(run, self._step_after(run_id, state, effect, now))

    def _step_after(
        self, run_id: int, state: StepState, effect: StepEffect, now: datetime
    ) -> StepState:
        match effect:
            case (
                effects.StartJob(attempt=attempt)
                | effects.Converge(attempt=attempt)
                | effects.Gate(attempt=attempt)
            ):
                if state.attempt == attempt and state.state == "running":
                    return state
                lifecycle.check_step(state.state, "running")
                return replace(
                    state,
                    state="running",
                    attempt=attempt,
                    started_at=now,
                    ended_seen_at=None,
                    result={"ok": True} if _is_hold(effect) else None,
                    log_cursor="",
                )
            case effects.NoteEnded():
                return replace(state, ended_seen_at=now)
            case effects.VoidAttempt(reason=reason):
                lifecycle.check_step(state.state, "pending")
                return replace(state, state="pending", last_void=reason, ended_seen_at=now)
            case effects.FinishStep(state=following, result=result):
                lifecycle.check_step(state.state, following)
                self.work.history.append((run_id, state.name, following))
                return replace(state, state=following, result=result or state.result)
        raise TypeError(effect)

    def _put(self, run: RunState, state: StepState) -> None:
        steps = tuple(state if s.name == state.name else s for s in run.steps)
        self.work.runs[run.id] = replace(run, steps=steps)


def _is_hold(effect: effects.Effect) -> bool:
    """Say whether the edge's answer is waited for; here it comes at once."""
    return isinstance(effect, effects.Gate) and effect.is_held
