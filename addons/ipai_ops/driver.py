"""The staircase: what the journal holds meets what Docker shows. The only place that commits."""

import logging
import time
from contextlib import contextmanager
from datetime import UTC, datetime

from .adapters import git
from .adapters.local import platform_facts
from .adapters.swarm import SwarmRuntime
from .engine import loop, schedule
from .engine.ports import RuntimeRefused, RuntimeUnavailable

_logger = logging.getLogger(__name__)

TURN_SECONDS = 45  # of one cron call; Odoo ends a cron after limit_time_real_cron (120 s)
BEAT_SECONDS = 0.4
QUICK_BEAT_SECONDS = 0.1  # after an event: what it means shows within a moment
QUICK_BEATS = 6
OURS_AND_QUEUED = [
    ("state", "=", "queued"),
    "|",
    ("environment_id", "=", False),  # a clean-up belongs to no environment
    "|",
    ("lane", "!=", "main"),  # outside workers deploy; data is moved beside its server
    ("environment_id.runner", "!=", "worker"),
]


class SystemClock:
    """The clock on the wall, in aware UTC."""

    def now(self):
        return datetime.now(UTC)


class OdooJournal:
    """The engine's Journal in the management database."""

    def __init__(self, env):
        self.env = env

    def active(self):
        runs = self.env["ops.run"].search([("state", "=", "running"), ("worker", "=", False)])
        return [run._run_state() for run in runs]

    def reload(self, run_id):
        run = self.env["ops.run"].browse(run_id).exists()
        return run._run_state() if run.state == "running" else None

    def ingest(self, run_id, step, lines):
        self.env["ops.run"].browse(run_id)._read_lines(step, lines)

    def record(self, run_id, effect, now):
        self.env["ops.run"].browse(run_id)._record(effect, now)

    def stalled(self, is_stalled, now):
        runs = self.env["ops.run"].search(
            [("state", "=", "running"), ("stalled_since", "=" if is_stalled else "!=", False)]
        )
        if runs:
            runs.write({"stalled_since": now.replace(tzinfo=None) if is_stalled else False})

    def content(self, run_id, what):
        if what == "toolbox":
            return platform_facts.toolbox_zip(platform_facts.platform().toolbox)
        return self.env["ops.run"].browse(run_id)._file_content(what).encode()

    def abandon(self, run_id, fault, now):
        """Forget what this turn did to the run since its last commit, and tell what went wrong."""
        self.env.cr.rollback()
        _logger.error("Run %s cannot be moved on.", run_id, exc_info=fault)
        self.env["ops.run"].browse(run_id)._note_fault(fault, now)
        self.env.cr.commit()

    def commit(self):
        self.env.cr.commit()


def drive(env, turn_seconds=TURN_SECONDS):
    """Move all runs until none is left or the turn is over; return how many are left."""
    env = env(su=True)
    env["ops.database.server"]._sync_platform()
    journal, runtime = OdooJournal(env), _runtime()
    journal.commit()
    deadline = time.monotonic() + turn_seconds
    with _bell(runtime) as wait:
        while True:
            left, is_at_a_gate = beat(env, journal, runtime), _is_at_a_gate(env)
            journal.commit()  # the next look is a new one, and nothing is open while we wait
            if not left or time.monotonic() > deadline:
                _tidy(runtime)
                return left
            wait(is_quick=is_at_a_gate)


@contextmanager
def _bell(runtime):
    """Give a call that waits for the next beat: at once after an event, else after a moment."""
    bell, quick = runtime.bell(), 0

    def wait(is_quick):
        nonlocal quick
        rang = bell.wait(QUICK_BEAT_SECONDS if quick or is_quick else BEAT_SECONDS)
        quick = QUICK_BEATS if rang else max(quick - 1, 0)

    try:
        yield wait
    finally:
        bell.close()


def _is_at_a_gate(env):
    """Whether people's requests wait for us, or are about to: no container rings for a gate."""
    gates = [("kind", "=", "hold"), ("state", "=", "running")]
    return bool(env["ops.run.step"].search_count(gates, limit=1))


def _tidy(runtime):
    """What cannot be tidied now is tidied after the next turn."""
    try:
        runtime.tidy()
    except (RuntimeUnavailable, RuntimeRefused) as error:
        _logger.info("Ended containers stay for now: %s", error)


def beat(env, journal, runtime, clock=None):
    """Begin what may begin, then move every active run once; return how many are left."""
    platform = platform_facts.platform()
    env["ops.run"]._expire_leases((clock or SystemClock()).now().replace(tzinfo=None))
    _begin_waiting(env, platform)
    journal.commit()
    active = loop.tick(journal, runtime, clock or SystemClock(), platform)
    journal.commit()
    return active + _waiting_count(env)


def poll(env):
    """Ask the repositories that are due for their branches; queue what is new."""
    env = env(su=True)
    for project in env["ops.project"]._due_for_poll():
        project._note_polled()
        env.cr.commit()
        outcome = git.branches(
            project.repository_url, project.git_credentials or None, project._git_reach()
        )
        project._take_branches(outcome)
        env.cr.commit()


def _runtime():
    return SwarmRuntime(platform_facts.platform(), platform_facts.registry_password())


def _begin_waiting(env, platform):
    runs = env["ops.run"]
    queued = runs.search(OURS_AND_QUEUED)
    if not queued:
        return
    active = runs.search([("state", "=", "running")])
    mine = active.filtered(lambda run: not run.worker and run.lane not in schedule.FREE)
    chosen = schedule.startable(
        [_as_waiting(run) for run in queued],
        [(run.environment_id.id, run.lane) for run in active if run.environment_id],
        platform.slots - len(mine),
    )
    for run in runs.browse(chosen):
        if run._passes_policies():
            run._begin()


def _as_waiting(run):
    environment = run.environment_id
    place = environment.id or None
    return schedule.Waiting(run.id, place, run.kind, environment.stage, run.id, run.lane)


def _waiting_count(env):
    return env["ops.run"].search_count(OURS_AND_QUEUED)
