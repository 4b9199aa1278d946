"""What can be done from Slack. Each deed gets the person's own environment and the checked calls of it."""

import re
from dataclasses import dataclass, field

from odoo.exceptions import UserError

from . import reading
from .engine import command, interaction, text
from .engine.modals import Choice

GONE = ("destroying", "destroyed")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
MOST_CHOICES = 100
NEEDS_PLACE = {"deploy": "deploy", "rollback": "rollback", "logs": "logs", "backups": "view"}


@dataclass(frozen=True)
class Asked:
    """The request's words, what was pressed, what it carries, what was filled in."""

    words: str = ""
    action: str = ""
    value: str = ""
    answers: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What the person is answered, and the run it made or is about."""

    text: str
    run_id: int = 0


# ----- finding what is meant, with the person's rights -----


def place(env, project, environment):
    """Return the environment a person names; UserError where they see none of that name."""
    runs = env["ops.run"]
    return runs._named_environment(runs._named_project(project), environment)


def places(env, permission, project=""):
    """Return the environments on which the person has ``permission``, as choices."""
    allowed = _allowed(env, permission, project)
    return [Choice(str(one.id), f"{one.display_name} ({one.stage})") for one in allowed]


def _allowed(env, permission, project):
    domain = [("state", "not in", GONE)] + ([("project_id.code", "=", project)] if project else [])
    found = env["ops.environment"].search(domain, limit=MOST_CHOICES, order="project_id, stage")
    return found.filtered(lambda one: one._may(permission))


def builds_by_place(env, project=""):
    """Return (name, builds) of the environments the person may roll back and that can go back."""
    found = [(one.display_name, builds(one)) for one in _allowed(env, "rollback", project)]
    return [(name, choices) for name, choices in found if choices]


def run_of(env, value):
    """Return the run a button names, if the person sees it and it is still as they saw it."""
    run_id, fingerprint = interaction.run_of(value)
    run = env["ops.run"].browse(run_id).exists()
    if not run:
        raise UserError(env._("That run is gone."))
    run.check_access("read")
    if fingerprint and not (run.spec_fingerprint or "").startswith(fingerprint):
        raise UserError(env._("The run has changed since you saw it; look at it again."))
    return run


def builds(environment):
    """Return the deploys an environment can go back to, the newest first, without the one that serves."""
    ended = [
        ("environment_id", "=", environment.id),
        ("kind", "=", "deploy"),
        ("state", "=", "done"),
    ]
    choices = {}
    for run in environment.env["ops.run"].search(ended, order="id desc", limit=MOST_CHOICES):
        image = run.sudo()._image()  # whoever may roll back; asked before
        if image and image != environment.sudo().image_id and image not in choices:
            label = f"{(run.commit or '')[:7]} {run.commit_subject or ''}"
            choices[image] = Choice(str(run.id), f"{run.finished_at:%d %b %H:%M} {label}".strip())
    return list(choices.values())


# ----- the deeds -----


def deploy(env, asked):
    """``/ops deploy project/environment [branch or commit]``."""
    read = _command(env, asked)
    environment = place(env, read.project, read.environment)
    return _deploy(env, environment, read.target)


def deploy_form(env, asked):
    """The form of ``/ops deploy``."""
    environment = _chosen(env, "ops.environment", asked.answers.get("environment"))
    return _deploy(env, environment, asked.answers.get("target", ""))


def _deploy(env, environment, target):
    target = (target or "").strip()
    is_commit = bool(COMMIT.fullmatch(target))
    run_id = env["ops.run"].queue_run(
        environment.project_id.id,
        environment.id,
        target if is_commit else None,
        None if is_commit else target or None,
    )
    return _queued(env, env["ops.run"].browse(run_id))


def rollback(env, asked):
    """The words ``/ops rollback project/environment``, where no form opened."""
    read = _command(env, asked)
    _no_form(env, place(env, read.project, read.environment))


def rollback_button(env, asked):
    """The button *Roll back*, where no form opened."""
    _no_form(env, run_of(env, asked.value).environment_id)


def _no_form(env, environment):
    environment._check_may("rollback")
    if not builds(environment):
        raise UserError(env._("%s has no other build to go back to.", environment.display_name))
    raise UserError(env._("The form did not open; please ask again."))


def rollback_form(env, asked):
    """The form of a roll back: the chosen deploy comes back, its data too where that was chosen."""
    run = _chosen(env, "ops.run", asked.answers.get("build"))
    offered = _chosen(env, "ops.environment", asked.value) if asked.value else run.environment_id
    if run.environment_id != offered:
        raise UserError(env._("That deploy is another environment's."))
    with_data = asked.answers.get("data") == "back"
    run_id = env["ops.run"].restore_deployment(run.id, with_data)
    return _queued(env, env["ops.run"].browse(run_id))


def retry(env, asked):
    """The button *Retry*."""
    action = run_of(env, asked.value).action_retry()
    return _queued(env, env["ops.run"].browse(action["res_id"]))


def approve(env, asked):
    """The button *Approve*."""
    run = run_of(env, asked.value)
    _approvals(env).approve_run(run.id, env._("Approved in Slack."))
    return Told(env._("Approved: %s", _named(run)), run.id)


def reject(env, asked):
    """The form of *Reject*, with its reason."""
    run = run_of(env, asked.value)
    reason = asked.answers.get("reason", "").strip()
    if not reason:
        raise UserError(env._("Say why: everybody sees the reason."))
    _approvals(env).reject_run(run.id, reason)
    return Told(env._("Rejected: %s", _named(run)), run.id)


def reject_button(env, asked):
    """The button *Reject* where no form opened."""
    run_of(env, asked.value)
    raise UserError(env._("The form did not open; please press again."))


def status(env, asked):
    """``/ops status [project[/environment]]``."""
    read = _command(env, asked)
    return Told(reading.status(env, read.project, read.environment))


def logs(env, asked):
    """``/ops logs run`` or ``/ops logs project/environment``."""
    read = _command(env, asked)
    if read.run_id:
        run = env["ops.run"]._one_by_id(read.run_id)
    else:
        run = reading.last_run(env, place(env, read.project, read.environment))
    return Told(reading.log(env, run), run.id)


def logs_form(env, asked):
    """The form of ``/ops logs``."""
    environment = _chosen(env, "ops.environment", asked.answers.get("environment"))
    run = reading.last_run(env, environment)
    return Told(reading.log(env, run), run.id)


def backups_form(env, asked):
    """The form of ``/ops backups``."""
    environment = _chosen(env, "ops.environment", asked.answers.get("environment"))
    return Told(reading.backups(env, environment))


def backups(env, asked):
    """``/ops backups project/environment``."""
    read = _command(env, asked)
    return Told(reading.backups(env, place(env, read.project, read.environment)))


def help_text(env, asked):
    """``/ops help``, and anything that is no command."""
    problem = command.parse(asked.words).problem
    return Told(f"{problem}\n\n{command.HELP}".strip())


def _command(env, asked):
    read = command.parse(asked.words)
    if read.problem:
        raise UserError(read.problem)
    if read.verb in NEEDS_PLACE and not (read.environment or read.run_id):
        raise UserError(_why_no_form(env, read))
    return read


def _why_no_form(env, read):
    """Say why the form that asks for the place is not there."""
    if not places(env, NEEDS_PLACE[read.verb], read.project):
        return env._("There is no environment where you may do that.")
    if read.verb == "rollback" and not builds_by_place(env, read.project):
        return env._("No environment of yours has another build to go back to.")
    return env._("The form did not open. Write where: `/ops %s project/environment`.", read.verb)


def _chosen(env, model, number):
    """Return the record of a drop-down, if the person sees it."""
    if not re.fullmatch("[0-9]{1,9}", str(number or "")):
        raise UserError(env._("Choose one of the list."))
    record = env[model].search([("id", "=", int(number))])
    if not record:
        raise UserError(env._("What you chose is gone."))
    return record


def _approvals(env):
    """Return the model that takes approvals; without roles and approvals there is nothing to decide."""
    runs = env["ops.run"]
    if not hasattr(runs, "approve_run"):
        raise UserError(env._("This installation asks for no approvals."))
    return runs


def _queued(env, run):
    return Told(env._("%(what)s: %(run)s", what=run.headline, run=_named(run)), run.id)


def _named(run):
    root = (
        run.env["ops.edge"].sudo()._control_url()
    )  # the address is no secret, the model is closed
    return text.link(f"{root}/odoo/ops-runs/{run.id}", run.display_name)


DEEDS = {
    ("command", "deploy"): deploy,
    ("command", "status"): status,
    ("command", "logs"): logs,
    ("command", "rollback"): rollback,
    ("command", "backups"): backups,
    ("command", "help"): help_text,
    ("button", "approve"): approve,
    ("button", "reject"): reject_button,
    ("button", "rollback"): rollback_button,
    ("button", "retry"): retry,
    ("form", "deploy"): deploy_form,
    ("form", "logs"): logs_form,
    ("form", "backups"): backups_form,
    ("form", "rollback"): rollback_form,
    ("form", "reject"): reject,
}
