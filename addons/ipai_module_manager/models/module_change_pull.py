"""The pull request of a change that was committed to a branch of its own."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import forge


class ModuleChange(models.Model):
    _inherit = "ipai.module.change"

    pull_state = fields.Selection(
        [("wanted", "Being opened"), ("open", "Opened"), ("failed", "Not opened")],
        string="Pull request",
        readonly=True,
    )
    pull_number = fields.Integer(string="Number", readonly=True)
    pull_url = fields.Char(string="Address", readonly=True)
    pull_said = fields.Char(readonly=True, help="Why the forge did not open it, in one sentence.")
    may_pull = fields.Boolean(compute="_compute_may_pull")

    _wanted_index = models.Index("(id) WHERE pull_state = 'wanted'")

    def _compute_may_pull(self):
        for change in self:
            is_pushed = change.state == "pushed" and change.way == "branch"
            is_open = change.pull_state in ("wanted", "open")
            change.may_pull = (
                is_pushed
                and not is_open
                and change.project_id._opens_pulls()
                and change.environment_id._may("modules")
            )

    def action_open_pull(self):
        """Have the pull request opened, once more where the forge refused."""
        self.ensure_one()
        self.environment_id._check_may("modules")
        if not self.may_pull:
            raise UserError(
                self.env._(
                    "A pull request is opened for a committed branch, once, with the project's token."
                )
            )
        self._want_pull()
        return True

    def _want_pull(self):
        self.sudo().write({"pull_state": "wanted", "pull_said": False})  # after the caller's check
        self.env["ipai.module.order"]._wake()

    def _offer_pull(self):
        """Have a pull request opened for a branch of its own, where the project wants that."""
        if self.way == "branch" and self.project_id._opens_pulls():
            self._want_pull()

    def _pull_facts(self):
        """Return what opening takes: where, the token, what. Raises ForgeFault."""
        project = self.project_id
        place = forge.place(project.forge, project.repository_url, project.forge_api_url or "")
        title, _blank, text = self._commit_facts()["message"].partition("\n\n")
        words = [text, self.env._("It brings:"), self.brings or ""]
        body = "\n\n".join(filter(None, words))
        return place, project.forge_token, forge.Wish(self.branch, self.base_branch, title, body)

    def _note_pull(self, pull):
        self.write({"pull_state": "open", "pull_number": pull.number, "pull_url": pull.url})

    def _note_pull_fault(self, said):
        self.write({"pull_state": "failed", "pull_said": said})
