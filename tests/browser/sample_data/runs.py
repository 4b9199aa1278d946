"""Runs with their steps, and what they made."""

from datetime import timedelta

from .common import SUBJECTS, sha

STEPS = (
    ("build", "Build", 41.0),
    ("database", "Database", 0.6),
    ("update", "Update modules", 18.0),
    ("release", "Release", 6.2),
    ("smoke", "Smoke test", 1.9),
)


def run(owner, state, number, begun, **values):
    """Make a run with its steps; ``at`` is the step that runs or failed."""
    at, share = values.pop("at", None), values.pop("share", 0.0)
    length = sum(seconds for _name, _label, seconds in STEPS)
    is_over = state in ("done", "failed", "cancelled")
    record = owner.env["ops.run"].create(
        {
            "project_id": owner.project_id.id,
            "environment_id": owner.id,
            "kind": "deploy",
            "state": state,
            "trigger": "push",
            "ref": f"refs/heads/{owner.branch}",
            "commit": sha(number),
            "commit_subject": SUBJECTS[number % len(SUBJECTS)],
            "commit_author": "Ada Lovelace",
            "requested_by_id": owner.env.ref("base.user_admin").id,
            "queued_at": begun,
            "started_at": begun if state != "queued" else False,
            "finished_at": begun + timedelta(seconds=length + number % 9) if is_over else False,
            "spec": {},
            "spec_fingerprint": sha(number)[:16],
            **values,
        }
    )
    if state != "superseded":
        steps(record, at, share, begun)
    return record


def steps(record, at, share, begun):
    """Give the run its steps: done before ``at``, pending behind it."""
    is_reached = record.state != "queued"
    moment = begun
    for sequence, (name, label, seconds) in enumerate(STEPS):
        is_last = name == at
        state = {"running": "running", "failed": "failed"}.get(record.state, "cancelled")
        state = (state if is_last else "done") if is_reached else "pending"
        end = moment + timedelta(seconds=seconds)
        record.env["ops.run.step"].create(
            {
                "run_id": record.id,
                "sequence": sequence,
                "name": name,
                "kind": name,
                "label": label,
                "state": state,
                "attempt": 2 if is_last and state == "running" else int(state != "pending"),
                "started_at": moment if state != "pending" else False,
                "finished_at": end if state in ("done", "failed", "cancelled") else False,
                "predicted_seconds": seconds * 1.1,
                "progress": share if state == "running" else float(state == "done"),
                "max_attempts": 3,
                "timeout_seconds": 900,
            }
        )
        moment = end
        is_reached = is_reached and not is_last


def image(owner, record, number, state="present"):
    digest = sha(number) + sha(number + 1)[:24]
    return owner.env["ops.artifact"].create(
        {
            "kind": "image",
            "name": f"{SUBJECTS[number % len(SUBJECTS)]} ({sha(number)[:7]})",
            "uri": f"127.0.0.1:15000/ipai/{owner.project_id.code}@sha256:{digest}",
            "run_id": record.id,
            "project_id": owner.project_id.id,
            "environment_id": owner.id,
            "state": state,
            "size_bytes": 431_000_000 + number * 1_300_000,
        }
    )


def artifact(owner, record, kind, name, state, **values):
    owner.env["ops.artifact"].create(
        {
            "kind": kind,
            "name": name,
            "uri": f"{kind}:{name}",
            "run_id": record.id,
            "project_id": owner.project_id.id,
            "environment_id": owner.id,
            "state": state,
            **values,
        }
    )


def history(owner, count, latest):
    """Deploys of the past, the newest at ``latest``; return the newest."""
    for number in reversed(range(count)):
        begun = latest - timedelta(hours=11 * number)
        colour = "yellow" if number % 5 == 3 else "green"
        newest = run(owner, "done", number + 1, begun, colour=colour)
        if number < 4:
            owner.image_id = image(owner, newest, number + 1)
    return newest
