"""The kinds of run and their steps. A new kind is one file here and one line in its addon.

Other addons add theirs with ``register``.
"""

from collections.abc import Callable, Iterable, Mapping

from ..plan import Plan, StepPlan
from . import (
    backup,
    base,
    collect,
    console,
    deploy,
    destroy,
    drill,
    export,
    forget,
    measure,
    prove,
    restart,
    restore,
    rollback,
    stop,
    watch,
)

StepsFor = Callable[[Mapping], Iterable[StepPlan]]
_PIPELINES: dict[str, StepsFor] = {}


def register(kind: str, steps_for: StepsFor) -> None:
    """Teach the engine a kind of run: ``steps_for(spec)`` returns its StepPlans in order."""
    _PIPELINES[kind] = steps_for


def plan_for(kind: str, spec: Mapping) -> Plan:
    """Return the Plan of a run; raises KeyError for a kind nobody registered."""
    return Plan(kind, tuple(_PIPELINES[kind](spec)))


register("deploy", deploy.steps)
register("restart", restart.steps)
register("destroy", destroy.steps)
register("collect", collect.steps)
register("backup", backup.steps)
register("prove", prove.steps)
register("drill", drill.steps)
register("restore", restore.steps)
register("rollback", rollback.steps)
register("forget", forget.steps)
register("export", export.steps)
register("base", base.steps)
register("watch", watch.steps)
register("measure", measure.steps)
register("stop", stop.steps)
register("shell", console.steps)
register("database_shell", console.steps)
