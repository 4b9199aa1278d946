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
SMOKE = StepPlan("smoke", "smoke", "Smoke test", timeout_seconds=180)


def steps(spec):
    """Return the steps of a deploy; an older image is redeployed without a build."""
    build = () if spec.get("redeploy") else (BUILD,)
    return (*build, *_data_copies(spec), DATABASE, UPDATE, RELEASE, SMOKE)


def _data_copies(_spec):
    """Return the steps that bring data before the code meets it: none yet, every stage has its own."""
    return ()
