"""What a person may read from Slack: status, the end of a log, backups. Their own rights decide."""

from odoo.exceptions import UserError

from .engine import messages, text

MOST_PLACES = 20
LOG_LINES = 25
MOST_BACKUPS = 10
LOG_LIMIT = 2800
MARKS = {
    "up": ":large_green_circle:",
    "deploying": ":large_blue_circle:",
    "failed": ":red_circle:",
    "asleep": ":zzz:",
}
LEVELS = {"error": ":red_circle: ", "warning": ":large_yellow_circle: "}


def status(env, project, environment):
    """Return one line per environment the person sees."""
    runs, domain = env["ops.run"], [("state", "!=", "destroyed")]
    if project:
        domain.append(("project_id", "=", runs._named_project(project).id))
    if environment:
        found = runs._named_environment(runs._named_project(project), environment)
    else:
        found = env["ops.environment"].search(domain, limit=MOST_PLACES, order="project_id, stage")
    if not found:
        raise UserError(env._("There is no environment you may see."))
    return "\n".join(_place(one) for one in found)


def _place(environment):
    mark = MARKS.get(environment.state, ":white_circle:")
    run = environment.active_run_id or environment.waiting_run_id
    commit = f"`{environment.commit[:7]}` " if environment.commit else ""
    told = run.headline if run else environment.commit_subject or environment.state
    name = text.link(environment.url or "", environment.display_name)
    return f"{mark} *{name}* {commit}{text.escape(told)}"


def last_run(env, environment):
    """Return the environment's newest run that began, whatever people typed in its console."""
    begun = [
        ("environment_id", "=", environment.id),
        ("started_at", "!=", False),
        ("lane", "!=", "console"),
    ]
    run = env["ops.run"].search(begun, order="id desc", limit=1)
    if not run:
        raise UserError(env._("Nothing has run on %s yet.", environment.display_name))
    return run


def log(env, run):
    """Return the end of a run's log: the lines the run's page shows last."""
    run._check_may("logs")
    events = env["ops.run.event"].search(
        [("run_id", "=", run.id)], order="id desc", limit=LOG_LINES
    )
    lines = [f"{LEVELS.get(event.level, '')}{event.message}" for event in reversed(events)]
    said = text.escape("\n".join(lines)).replace("```", "'''")
    mark = messages.MARKS.get(run.state, "")
    return (
        f"{mark} *{text.escape(run.headline)}*\n```{said[-LOG_LIMIT:] or env._('No line yet.')}```"
    )


def backups(env, environment):
    """Return the newest backups of an environment: of when, how big, whether proven."""
    environment._check_may("view")
    place = [("environment_id", "=", environment.id)]
    found = env["ops.backup"].search(place, order="taken_at desc", limit=MOST_BACKUPS)
    if not found:
        return env._("There is no backup of %s yet.", text.escape(environment.display_name))
    states = dict(found._fields["state"]._description_selection(env))
    return "\n".join(_backup(one, states[one.state]) for one in found)


def _backup(backup, state):
    size = f"{backup.size_bytes / 1e6:.1f} MB" if backup.size_bytes else ""
    proven = f"restored in {text.seconds(backup.rto_seconds)}" if backup.rto_seconds else ""
    cause = text.escape(backup.cause) if backup.cause else ""
    facts = [f"{backup.taken_at:%Y-%m-%d %H:%M} UTC", f"*{state}*", size, proven, cause]
    return "• " + " · ".join(fact for fact in facts if fact)
