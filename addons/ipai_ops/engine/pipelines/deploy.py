"""deploy: from a commit to a running, reachable Odoo.

Development gets a fresh database, demo data and the repository's tests; staging and production
keep theirs and update it. The place for copies of data (a snapshot's clone, a restore point)
is between the build and the database.
"""

from ..plan import StepPlan

BUILD = StepPlan("build", "build", "Build", timeout_seconds=3600)
DATABASE = StepPlan("database", "database", "Database", timeout_seconds=300)
UPDATE = StepPlan("update", "update", "Update modules", timeout_seconds=7200)
RELEASE = StepPlan("release", "release", "Release", timeout_seconds=600, attempts=5)
HOLD = StepPlan("hold", "hold", "Hold requests", timeout_seconds=60)
RESUME = StepPlan("resume", "resume", "Let requests go on", timeout_seconds=60)
SMOKE = StepPlan("smoke", "smoke", "Smoke test", timeout_seconds=180)


def steps(spec):
    """Return the steps of a deploy; an older image is redeployed without a build.

    Where data outlives a deploy, requests wait while modules are updated and releases change.
    """
    build = () if spec.get("redeploy") else (BUILD,)
    hold, resume = ((), ()) if _is_fresh(spec) else ((HOLD,), (RESUME,))
    before = (*build, *_data_copies(spec), DATABASE)
    return (*before, *hold, UPDATE, RELEASE, *resume, SMOKE)


def _is_fresh(spec):
    """Say whether the deploy gets a database of its own: nobody works in it yet."""
    return spec["environment"]["stage"] == "development"


def _data_copies(_spec):
    """Return the steps that bring data before the code meets it: none yet, every stage has its own."""
    return ()
