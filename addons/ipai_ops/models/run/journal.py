"""The run as the engine's journal: its state goes out frozen, effects come in and are remembered."""

import json
import re
from datetime import UTC, timedelta

from odoo import fields, models

from ...engine import colour, effects, lifecycle, naming
from ...engine.plain import without_nulls
from ...engine.plan import RunState, StepState
from ...engine.redact import blank

ODOO_LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) "
)
FAULTY_LIMIT = timedelta(minutes=10)
CURSOR_FORMAT = "%Y-%m-%dT%H:%M:%S.000000000Z"


class Run(models.Model):
    _inherit = "ops.run"

    def _begin(self):
        """Move a queued run to running; its order is complete from here on."""
        self.ensure_one()
        lifecycle.check_run(self.state, "running")
        now = fields.Datetime.now()
        spec = self.environment_id._order_at_start({**self.spec, "run": self.id}, self.kind)
        self.write({"state": "running", "started_at": now, "waiting_for": False, "spec": spec})
        self.environment_id._run_began(self)
        self._note_fact("run.started")
        self._announce()

    def _run_state(self):
        """Return the run as the engine sees it."""
        self.ensure_one()
        steps = tuple(step._step_state() for step in self.step_ids.sorted("sequence"))
        stalled = _aware(self.stalled_since)
        return RunState(self.id, self.kind, self.spec, steps, self.cancel_requested, stalled)

    def _step(self, name):
        return self.step_ids.filtered(lambda step: step.name == name)

    def _read_lines(self, step_name, lines):
        """Store the lines a step's container wrote; find its result among them."""
        step = self._step(step_name)
        parsed = step._parse(lines)
        self._ingest(step, parsed)
        values = {"log_cursor": lines[-1].cursor}
        fence = naming.fence(self.id, step.name, step.attempt)
        for line in parsed:
            if line.get("fence") == fence and isinstance(line.get("result"), dict):
                values["result"] = without_nulls(_blanked(line["result"], self._secret_values()))
        step.write(values)

    def _record(self, effect, now):
        """Remember one effect; ``now`` is aware UTC. The caller commits."""
        at = now.astimezone(UTC).replace(tzinfo=None)
        match effect:
            case effects.Wait(what=what):
                self._note_waiting(what)
                return
            case effects.FinishRun():
                self._finish(effect.state, at)
            case effects.StartJob() | effects.Converge():
                self._step(effect.step)._note_started(effect, at)
                self._plan_artifacts(effect)
                self._note_waiting("")
            case effects.Gate():
                self._step(effect.step)._note_started(effect, at)
                self.environment_id._set_gate(effect.is_held, at)
            case effects.NoteEnded():
                self._step(effect.step).ended_seen_at = at
            case effects.VoidAttempt():
                self._step(effect.step)._note_void(effect, at)
            case effects.FinishStep():
                self.faulty_since = False
                self._step(effect.step)._note_finished(effect, at)
                self._take_facts(effect)
        self._announce()

    def _note_waiting(self, what):
        if (self.waiting_for or "") != what:
            self.waiting_for = what
            self._announce()

    def _note_fault(self, fault, now):
        """Say that our own code failed on this run; one that goes on failing ends the run."""
        if self.exists().state != "running":
            return
        at = now.astimezone(UTC).replace(tzinfo=None)
        self.faulty_since = self.faulty_since or at
        what = f"{type(fault).__name__}: {fault}"
        self._note_waiting(self.env._("The platform's own code failed (%s); trying again.", what))
        if at - self.faulty_since > FAULTY_LIMIT:
            self._finish("failed", at)
            self.cause = self.env._("The platform's own code failed on this run: %s", what)
            self.hint = self.env._("Report it with the server's log, then retry the run.")

    def _finish(self, state, at):
        lifecycle.check_run(self.state, state)
        failed = self.step_ids.filtered(lambda step: step.state == "failed")[:1]
        rest = self.step_ids.filtered(lambda step: step.state == "pending")
        rest.write({"state": "skipped"})
        values = {"state": state, "finished_at": at, "colour": self._colour_of(state)}
        self.write({**values, "cause": failed.cause, "hint": failed.hint, "waiting_for": False})
        if "hold" in self.step_ids.mapped("kind"):
            self.environment_id._set_gate(False, at)
        self.environment_id._run_ended(self)
        self._settle_artifacts()
        self._note_end()
        self._note_finished(state)

    def _colour_of(self, state):
        """Return green, yellow or red: what the steps counted, else the lines' levels."""
        results = self.step_ids.mapped("result")
        warnings, errors = (colour.count(results, key) for key in ("warnings", "errors"))
        warnings = self.warning_count if warnings is None else warnings
        errors = self.error_count if errors is None else errors
        return colour.colour(state, warnings, errors)

    def _take_facts(self, effect):
        """Copy what the build found out onto the run, where lists and filters can see it."""
        if effect.state != "done" or effect.step != "build":
            return
        result = effect.result
        self.write(
            {
                "commit": result.get("commit") or self.commit,
                "commit_subject": result.get("subject") or self.commit_subject,
                "commit_author": result.get("author") or self.commit_author,
            }
        )
        image = self.env["ops.artifact"]._plan(self, "image", self.commit or "", result["image"])
        image._mark_present(
            checksum=result["image"].rpartition("@")[2], size_bytes=result.get("size_bytes") or 0
        )


class RunStep(models.Model):
    _inherit = "ops.run.step"

    def _step_state(self):
        """Return the step as the engine sees it."""
        return StepState(
            name=self.name,
            kind=self.kind,
            state=self.state,
            attempt=self.attempt,
            attempts=self.max_attempts,
            timeout_seconds=self.timeout_seconds,
            started_at=_aware(self.started_at),
            ended_seen_at=_aware(self.ended_seen_at),
            result=self.result or self._gate_result(),
            label=self.label or "",
            last_void=self.last_void or "",
            log_cursor=self.log_cursor or "",
            when=self.when,
        )

    def _parse(self, lines):
        """Return log lines as dicts of the protocol; a plain line becomes an information."""
        parsed, plain = [], self._lowest_seq()
        for line in lines:
            data = _decoded(line.text)
            if data is None:
                plain -= 1
                data = {
                    "seq": plain,
                    "attempt": self.attempt,
                    "level": _level_of(line.text),
                    "message": line.text,
                    "at": line.cursor,
                }
            parsed.append(data)
        return parsed

    def _lowest_seq(self):
        """Plain lines count downwards from zero, so that they never meet numbered ones."""
        domain = [("step_id", "=", self.id), ("attempt", "=", self.attempt)]
        [(lowest,)] = self.env["ops.run.event"]._read_group(domain, [], ["seq:min"])
        return min(lowest or 0, 0)

    def _note_started(self, effect, at):
        """Remember an attempt before its container starts; a repeated start changes nothing."""
        if self.state == "running" and self.attempt == effect.attempt:
            return
        lifecycle.check_step(self.state, "running")
        is_release = isinstance(effect, effects.Converge)
        name = _container_name(effect)
        attempt = {"number": effect.attempt, "job": name, "started_at": str(at)}
        self.write(
            {
                "state": "running",
                "attempt": effect.attempt,
                "job_name": name,
                "started_at": at,
                "finished_at": False,
                "ended_seen_at": False,
                "result": False,
                "progress": 0,
                "log_cursor": at.strftime(CURSOR_FORMAT) if is_release else "",
                "attempts": [*(self.attempts or []), attempt],
            }
        )

    def _note_void(self, effect, at):
        lifecycle.check_step(self.state, "pending")
        self.write(
            {
                "state": "pending",
                "last_void": effect.reason,
                "ended_seen_at": at,
                "result": False,
                "attempts": self._attempts_ended(at, f"interrupted: {effect.reason}"),
            }
        )
        self.run_id._say(
            self,
            "warning",
            self.env._(
                "Attempt %(number)s was interrupted: %(reason)s",
                number=effect.attempt,
                reason=effect.reason,
            ),
        )

    def _note_finished(self, effect, at):
        lifecycle.check_step(self.state, effect.state)
        hidden = self.run_id._secret_values()
        self.write(
            {
                "state": effect.state,
                "finished_at": at,
                "result": effect.result or self.result,
                "cause": blank(effect.cause or "", hidden),
                "hint": blank(effect.hint or "", hidden),
                "progress": 1.0 if effect.state == "done" else self.progress,
                "attempts": self._attempts_ended(at, effect.state),
            }
        )

    def _attempts_ended(self, at, outcome):
        attempts = list(self.attempts or [])
        if attempts:
            attempts[-1] = {**attempts[-1], "ended_at": str(at), "outcome": outcome}
        return attempts


def _container_name(effect):
    """Return the name of what an effect starts; a gate starts nothing."""
    match effect:
        case effects.StartJob(job=container) | effects.Converge(service=container):
            return container.name
    return False


def _level_of(text):
    """Return the level of a line of a target's own log; what has none is an information."""
    found = ODOO_LINE.match(text)
    return found["level"].lower().replace("critical", "error") if found else "info"


def _decoded(text):
    if not text.startswith("{"):
        return None
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) and isinstance(data.get("seq"), int) else None


def _blanked(value, hidden):
    return json.loads(blank(json.dumps(value), hidden))


def _aware(at):
    return at.replace(tzinfo=UTC) if at else None
