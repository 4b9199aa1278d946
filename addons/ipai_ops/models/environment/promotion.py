"""Promotion: production gets the very build that another environment runs and people have tried."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..constants import GONE


class Environment(models.Model):
    _inherit = "ops.environment"

    may_promote = fields.Boolean(compute="_compute_may_promote")

    @api.depends_context("uid")
    @api.depends("stage", "state", "image_id", "project_id.environment_ids.state")
    def _compute_may_promote(self):
        for environment in self:
            is_above = environment.stage != "production" and environment.state not in GONE
            production = environment._production()
            is_newer = environment.image_id and environment.image_id != production.image_id
            environment.may_promote = is_above and is_newer and production.may_deploy

    def action_promote(self):
        """Open what production would get, what it costs and what the policies say of it."""
        self.ensure_one()
        self._check_may("view")
        production = self._promotable_to()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Promote %s to production", self.name),
            "res_model": "ops.promote.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_source_id": self.id,
                "default_environment_id": production.id,
                "default_image_id": self.image_id.id,
            },
        }

    def _production(self):
        """Return the project's production environment; empty where there is none, or none to see."""
        return self.project_id.environment_ids.filtered(
            lambda other: other.stage == "production" and other.state not in GONE
        )[:1]

    def _promotable_to(self):
        """Return the production that this build may be brought to, or say why there is none."""
        production = self._production()
        if not production:
            raise UserError(
                self.env._("The project has no production environment yet: make one first.")
            )
        production._check_may("deploy")
        if self == production:
            raise UserError(self.env._("This is production: what it gets is promoted to it."))
        if not self.image_id:
            raise UserError(self.env._("Nothing has been deployed here yet: deploy first."))
        if self.image_id == production.image_id:
            raise UserError(self.env._("Production serves this very build already."))
        return production

    def _promote(self, source, image):
        """Queue the deploy of ``image`` into this production; return the run.

        Raises UserError where ``source`` runs another build than the person has looked at.
        """
        self.ensure_one()
        if source._promotable_to() != self or image != source.image_id:
            raise UserError(
                self.env._(
                    "%s runs another build by now: look at it and promote again.", source.name
                )
            )
        run = self._redeploy(image)
        source.message_post(body=self.env._("Promoted to production: %s.", run.display_name))
        return run
