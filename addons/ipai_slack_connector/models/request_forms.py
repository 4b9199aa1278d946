"""The forms that open before something is done, drawn with what the person may see."""

from odoo import models
from odoo.exceptions import UserError

from .. import deeds
from ..engine import command, interaction, modals


class Request(models.Model):
    _inherit = "ipai.slack.request"

    def _form(self):
        """Return the form this request needs first, or None: then it is done as it is.

        Slack opens a form within three seconds only, so nobody is looked up for it: a person who
        is not linked yet is linked by the answer, and asks again.
        """
        draw = FORMS.get((self.kind, self.action))
        if not draw or not self.person_id._may_act():
            return None
        user = self.person_id.user_id
        env = self.env(user=user.id, su=False, context={"lang": user.lang})
        try:
            return draw(env, self)
        except (UserError, interaction.Malformed):
            return None  # the deed says it in words


def _deploy_form(env, request):
    asked = command.parse(request.words)
    if asked.environment:
        return None
    choices = deeds.places(env, "deploy", asked.project)
    return modals.deploy(choices, metadata=f"|{request.channel or ''}") if choices else None


def _where_form(env, request):
    """Ask where, unless the words say it."""
    asked = command.parse(request.words)
    if asked.environment or asked.run_id:
        return None
    choices = deeds.places(env, deeds.NEEDS_PLACE[asked.verb], asked.project)
    title = {"logs": env._("Log"), "backups": env._("Backups")}[asked.verb]
    metadata = f"|{request.channel or ''}"
    return modals.where(asked.verb, title, choices, metadata) if choices else None


def _rollback_form(env, request):
    if request.kind == "button":
        return _builds_form(request, deeds.run_of(env, request.value).environment_id)
    asked = command.parse(request.words)
    if asked.environment:
        return _builds_form(request, deeds.place(env, asked.project, asked.environment))
    places = deeds.builds_by_place(env, asked.project)
    metadata = f"|{request.channel or ''}"
    return modals.rollback_anywhere(places, metadata) if places else None


def _builds_form(request, environment):
    environment._check_may("rollback")
    builds = deeds.builds(environment)
    metadata = f"{environment.id}|{request.channel or ''}"
    return modals.rollback(environment.display_name, builds, metadata) if builds else None


def _reject_form(env, request):
    run = deeds.run_of(env, request.value)
    return modals.reject(run.display_name, f"{request.value}|{request.channel or ''}")


FORMS = {
    ("command", "deploy"): _deploy_form,
    ("command", "logs"): _where_form,
    ("command", "backups"): _where_form,
    ("command", "rollback"): _rollback_form,
    ("button", "rollback"): _rollback_form,
    ("button", "reject"): _reject_form,
}
