"""What one turn of the driver costs with many active runs, over the ORM and a runtime in memory."""

from odoo.addons.ipai_ops import driver
from odoo.addons.ipai_ops.engine import loop
from odoo.addons.ipai_ops.engine.ports import JobState
from odoo.addons.ipai_ops.engine.testing import FakeClock, FakeRuntime

from .measure import Row, growth, seconds

SIZES = (125, 250, 500, 1000)
TARGET_SECONDS = 1.0
ASKED = 500


class Journal(driver.OdooJournal):
    """The real journal, without ending the benchmark's one transaction."""

    def commit(self):
        self.env.flush_all()
        self.env.invalidate_all()


def rows(env):
    """Return the rows of the tick: its time with 500 runs, and how it grows."""
    runtime, clock, platform = FakeRuntime(), FakeClock(), driver.platform_facts.platform()
    journal, points, made = Journal(env), {}, 0
    for size in SIZES:
        _begin_runs(env, made, size)
        made = size
        loop.tick(journal, runtime, clock, platform)  # starts the new runs' jobs
        for job in runtime.jobs.values():
            job.state = JobState.RUNNING
        points[size] = seconds(lambda: loop.tick(journal, runtime, clock, platform))
    return [
        Row(
            f"one driver turn, {ASKED} active runs",
            f"{points[ASKED]:.2f} s",
            f"{SIZES[0]} runs {points[SIZES[0]]:.2f} s",
            f"{points[ASKED] / points[SIZES[0]]:.1f}",
            f"< {TARGET_SECONDS:.0f} s",
            points[ASKED] < TARGET_SECONDS,
        ),
        Row(
            "growth of a turn with the runs (exponent)",
            f"{growth(points):.2f}",
            "linear 1.00",
            "",
            "≤ 1.15",
            growth(points) <= 1.15,
        ),
    ]


def _begin_runs(env, start, end):
    project = env["ops.project"].search([("code", "=", "tick")]) or env["ops.project"].create(
        {"name": "Tick", "code": "tick", "repository_url": "https://git.example.com/tick.git"}
    )
    places = env["ops.environment"].create(
        [{"project_id": project.id, "name": f"branch-{n}"} for n in range(start, end)]
    )
    for place in places:
        place._deploy("api")._begin()
