"""deploy: from a commit to a running, reachable Odoo.

Development gets a fresh database, demo data and the repository's tests. Staging keeps its data and
updates it, or starts from a fresh clone of production's snapshot, updated before it is swapped in.
Production keeps its data; a restore point is made just before, and an update that breaks goes back
to it by itself.
"""

from collections.abc import Mapping

from ..plan import StepPlan
from .data import BACK, CLONE, OWN, POINT, ROLE, SWAP

BUILD = StepPlan("build", "build", "Build", timeout_seconds=3600)
DATABASE = StepPlan("database", "database", "Database", timeout_seconds=300)
UPDATE = StepPlan("update", "update", "Update modules", timeout_seconds=7200)
RELEASE = StepPlan("release", "release", "Release", timeout_seconds=600, attempts=5)
HOLD = StepPlan("hold", "hold", "Hold requests", timeout_seconds=60)
RESUME = StepPlan("resume", "resume", "Let requests go on", timeout_seconds=60)
SMOKE = StepPlan("smoke", "smoke", "Smoke test", timeout_seconds=180)


def steps(spec: Mapping) -> tuple[StepPlan, ...]:
    """Return the steps of a deploy; an older image is redeployed without a build.

    Where data outlives a deploy, requests wait while modules are updated and releases change.
    """
    build = () if spec.get("redeploy") else (BUILD,)
    if spec.get("snapshot"):
        brought = (*build, ROLE, CLONE, OWN, UPDATE)
        return (*brought, HOLD, SWAP, RELEASE, RESUME, SMOKE, BACK)
    if spec["environment"]["stage"] == "production":
        return (*build, DATABASE, HOLD, POINT, UPDATE, RELEASE, RESUME, SMOKE, BACK)
    if spec["environment"]["stage"] == "staging":
        return (*build, DATABASE, HOLD, UPDATE, RELEASE, RESUME, SMOKE)
    return (*build, DATABASE, UPDATE, RELEASE, SMOKE)
