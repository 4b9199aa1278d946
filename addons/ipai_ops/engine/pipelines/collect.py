"""collect: what no environment uses any more is removed; only things the suite itself recorded."""

from collections.abc import Mapping

from ..plan import StepPlan


def steps(spec: Mapping) -> tuple[StepPlan, ...]:
    """Return one drop step per database server with garbage, then the sweep of everything else."""
    drops = (
        StepPlan(f"drop-{place}", "drop", f"Drop databases on {garbage['server']['name']}")
        for place, garbage in enumerate(spec.get("garbage_databases", ()))
    )
    return (*drops, StepPlan("sweep", "sweep", "Delete files and images", timeout_seconds=900))
