"""The kinds of step: one module each, registered by name. Other addons register theirs.

A step kind is a module (or object) with ``job(context) -> JobSpec`` for work that ends, or
``service(context) -> ServiceSpec`` for a release, or ``HOLDS`` (a bool) for a gate of the edge;
``is_needless(context)`` may skip it, and ``makes(context)`` names what it is about to make.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..plan import StepContext
from ..ports import JobSpec, ServiceSpec

if TYPE_CHECKING:
    from .copies import Made

SHIPPED = (
    "back",
    "backup",
    "base",
    "boot",
    "build",
    "check",
    "clone",
    "console",
    "database",
    "discard",
    "drop",
    "export",
    "forget",
    "hold",
    "import_zip",
    "mask",
    "measure",
    "neutralize",
    "own",
    "park",
    "point",
    "recover",
    "release",
    "renew",
    "restore",
    "resume",
    "role",
    "smoke",
    "swap",
    "sweep",
    "update",
    "watch",
    "withdraw",
)
# Any: a module or an object, whose parts say at run time which of the three kinds it is.
_KINDS: dict[str, Any] = {}


def register(kind: str, step: Any) -> None:
    """Teach the engine a kind of step."""
    _KINDS[kind] = step


def job(context: StepContext) -> JobSpec:
    """Return the JobSpec of the context's step and attempt."""
    return _KINDS[context.step.kind].job(context)


def service(context: StepContext) -> ServiceSpec:
    """Return the ServiceSpec that the context's release is to reach."""
    return _KINDS[context.step.kind].service(context)


def is_release(kind: str) -> bool:
    """Say whether steps of this kind converge a service instead of running a job."""
    return hasattr(_KINDS[kind], "service")


def is_gate(kind: str) -> bool:
    """Say whether steps of this kind open or close the edge's gate of the environment."""
    return hasattr(_KINDS[kind], "HOLDS")


def holds(kind: str) -> bool:
    """Say whether the gate is closed by the step: requests wait."""
    return _KINDS[kind].HOLDS


def is_needless(context: StepContext) -> bool:
    """Say whether the step has nothing to do in this run."""
    ask = getattr(_KINDS[context.step.kind], "is_needless", None)
    return bool(ask and ask(context))


def makes(context: StepContext) -> tuple["Made", ...]:
    """Return what the context's step is about to make, as things with a kind and a name."""
    ask = getattr(_KINDS[context.step.kind], "makes", None)
    return tuple(ask(context)) if ask else ()


for _name in SHIPPED:
    register(_name, import_module(f".{_name}", __name__))
