"""Doing what was asked: as the person, through the calls a person uses, with exactly their rights."""

from odoo import models
from odoo.exceptions import UserError

from .. import deeds
from ..engine import interaction


class Request(models.Model):
    _inherit = "ipai.slack.request"

    def _act(self):
        """Do it, once, and write down what to answer; a refusal is an answer too."""
        self.ensure_one()
        refusal = self._refusal()
        if refusal:
            self._note(refusal, is_refused=True)
            return
        self.user_id = self.person_id.user_id
        try:
            with self.env.cr.savepoint():
                told = self._deed()
        except (UserError, interaction.Malformed) as exc:
            self._note(str(exc.args[0] if exc.args else exc), is_refused=True)
            return
        self._note(told.text, run_id=told.run_id)

    def _refusal(self):
        person = self.person_id
        if self._is_late():
            return self.env._("This came through too late and was not done; please ask again.")
        if person._may_act():
            return ""
        if person.state == "revoked":
            return self.env._("An administrator has revoked your link to Odoo.")
        return self.env._(
            "Slack does not tell who you are here. %s", person.said or self.env._("Try again.")
        )

    def _deed(self):
        """Run the deed in the person's own environment: nothing of this one's rights goes along."""
        user = self.person_id.user_id
        asked = deeds.Asked(self.words or "", self.action, self.value or "", self.answers or {})
        env = self.env(user=user.id, su=False, context={"lang": user.lang, "tz": user.tz})
        told = deeds.DEEDS[self.kind, self.action](env, asked)
        env.flush_all()
        return told

    def _note_fault(self):
        said = self.env._("The server has a fault and did not do it; its log says why.")
        self._note(said, is_refused=True)

    def _note(self, said, is_refused=False, run_id=False):
        values = {"state": "running", "said": said, "is_refused": is_refused}
        self.write({**values, "run_id": run_id})

    def _answered(self, problem=""):
        """Close the request; the URL to answer at is of no use any more."""
        self.write(
            {
                "state": "refused" if self.is_refused else "done",
                "answered_at": self.env.cr.now(),
                "answer_problem": problem or False,
                "response_url": False,
            }
        )

    def _answer_call(self):
        """Return where and how to answer: (url, message), or (method, arguments)."""
        message = {"text": self.said or self.env._("Done.")}
        if self.response_url:
            return self.response_url, message
        if self.channel:
            place = {"channel": self.channel, "user": self.person_id.slack_user}
            return "chat.postEphemeral", {**place, **message}
        return "chat.postMessage", {"channel": self.person_id.slack_user, **message}
