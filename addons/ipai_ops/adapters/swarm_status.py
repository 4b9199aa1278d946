"""From what the Swarm API shows of tasks and services to the engine's JobStatus and ServiceStatus."""

from collections.abc import Iterable, Mapping

from ..engine.ports import JobState, JobStatus, ServiceState, ServiceStatus
from .swarm_spec import RELEASE_LABEL

WAITING = {"new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting"}
FAILED = {"failed", "rejected"}
FAILURES_UNTIL_FAILING = 3
Task = Mapping  # as the API shows it


def newest(tasks: Iterable[Task]) -> Task | None:
    """Return the task created last, or None."""
    return max(tasks, key=lambda task: task["CreatedAt"], default=None)


def job_status(tasks: Iterable[Task]) -> JobStatus:
    """Return the JobStatus of a job service from its tasks (a job has one)."""
    task = newest(tasks)
    if task is None:
        return JobStatus(JobState.PENDING)
    status = task["Status"]
    error = status.get("Err", "")
    if status["State"] == "running":
        return JobStatus(JobState.RUNNING)
    if status["State"] in WAITING:
        return JobStatus(JobState.PENDING, None, error)
    return JobStatus(JobState.ENDED, _exit_code(status), _plain(error))


def service_status(service: Mapping, tasks: Iterable[Task]) -> ServiceStatus:
    """Return the ServiceStatus of a release from the service and its tasks."""
    fingerprint = service["Spec"].get("Labels", {}).get(RELEASE_LABEL, "")
    update = (service.get("UpdateStatus") or {}).get("State", "")
    own = [task for task in tasks if _release(task) == fingerprint]
    failed = [task for task in own if task["Status"]["State"] in FAILED]
    error = _plain((newest(failed) or {}).get("Status", {}).get("Err", ""))
    if update == "paused" or len(failed) >= FAILURES_UNTIL_FAILING:
        return ServiceStatus(ServiceState.FAILING, fingerprint, error)
    if update != "updating" and any(_is_up(task) for task in own):
        return ServiceStatus(ServiceState.HEALTHY, fingerprint, "")
    return ServiceStatus(ServiceState.CONVERGING, fingerprint, error)


def _release(task: Task) -> str:
    return (task["Spec"]["ContainerSpec"].get("Labels") or {}).get(RELEASE_LABEL, "")


def _is_up(task: Task) -> bool:
    return task["DesiredState"] == "running" and task["Status"]["State"] == "running"


def log_places(task: Task) -> tuple[tuple[str, str], ...]:
    """Return where to ask for a task's lines, best first.

    The container itself answers at once where it is on this node; Swarm takes 0.1 s for one that just ended.
    """
    container = (task["Status"].get("ContainerStatus") or {}).get("ContainerID")
    here = (("containers", container),) if container else ()
    return (*here, ("tasks", task["ID"]))


def _exit_code(status: Mapping) -> int | None:
    return (status.get("ContainerStatus") or {}).get("ExitCode")


def _plain(error: str) -> str:
    """Return Swarm's error in words a person reads."""
    error = error.removeprefix("task: ")
    return error[:1].upper() + error[1:] + ("." if error and not error.endswith(".") else "")
