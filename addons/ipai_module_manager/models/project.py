"""A project's token at its forge, with which pull requests are opened."""

from odoo import api, fields, models
from odoo.addons.ipai_ops.models.secrets.encrypted import encrypted
from odoo.exceptions import UserError, ValidationError

from ..engine import forge

PLACES = ("repository_url", "forge", "forge_api_url")
UNTESTED = {"forge_test": False, "forge_said": False}
SAFE = ("https://", "http://127.0.0.1:", "http://localhost:")


class Project(models.Model):
    _inherit = "ops.project"

    forge_api_url = fields.Char(
        string="Forge's API",
        help="Blank: worked out from the repository's URL, for instance https://git.example.com/api/v1.",
    )
    forge_token = encrypted(fields.Char, "forge_token", goes_to=PLACES)
    new_forge_token = fields.Char(
        string="Forge token",
        compute="_compute_new_forge_token",
        inverse="_inverse_new_forge_token",
        groups="ipai_ops.group_viewer",
        help="Opens pull requests for modules that are added. It can be written, never read.",
    )
    has_forge_token = fields.Boolean(compute="_compute_has_forge_token")
    forge_test = fields.Selection(
        [("asked", "Asking…"), ("well", "It answers"), ("unwell", "It does not work")],
        string="Forge test",
        readonly=True,
        copy=False,
    )
    forge_said = fields.Char(string="Forge's answer", readonly=True, copy=False)

    @api.constrains("forge_api_url")
    def _check_forge_api_url(self):
        for project in self:
            if project.forge_api_url and not project.forge_api_url.startswith(SAFE):
                raise ValidationError(
                    self.env._("The API's address begins with https://: a token travels there.")
                )
            project._refuse_inside(project.forge_api_url, self.env._("The API's address"))

    @api.depends("sealed_values")
    def _compute_has_forge_token(self):
        for project in self:
            project.has_forge_token = project._has_sealed("forge_token")

    def _compute_new_forge_token(self):
        self.new_forge_token = False

    def _inverse_new_forge_token(self):
        for project in self.filtered("new_forge_token"):
            project._check_may("secrets")
            own = project.sudo()  # after the check
            own.write({"forge_token": project.new_forge_token.strip(), **UNTESTED})
        self.invalidate_recordset(["new_forge_token"])

    def _forget(self, names):
        super()._forget(names)
        if "forge_token" in names:
            self.sudo().write(UNTESTED)  # the product's own fields

    def action_test_forge(self):
        """Ask the forge for the repository's pull requests with the token; the answer shows here."""
        self.ensure_one()
        self._check_may("settings")
        if not self._opens_pulls():
            raise UserError(self.env._("There is no token to test: enter one and save."))
        self.sudo().write({"forge_test": "asked", "forge_said": False})  # after the check
        self.env["ipai.module.order"]._wake()
        return True

    def _forge_facts(self):
        """Return where to ask, the token, and for which branch. Raises ForgeFault."""
        place = forge.place(self.forge, self.repository_url, self.forge_api_url or "")
        branch = self.environment_ids.filtered("branch")[:1].branch or "main"
        return place, self.forge_token, forge.Wish(branch, branch, "", "")

    def _note_forge(self, is_well, said):
        """Keep the forge's answer, unless the token was changed meanwhile."""
        if self.forge_test == "asked":
            self.write({"forge_test": "well" if is_well else "unwell", "forge_said": said})

    def _opens_pulls(self):
        return self.has_forge_token and self.forge in forge.FORGES
