"""Taking an archive of Odoo in: the choice, and the run that restores it."""

from odoo import models

from ...authentication.asks_again import asks_again_when, on_production


class Environment(models.Model):
    _inherit = "ops.environment"

    @asks_again_when(on_production)
    def action_import(self):
        """Open the choice of an archive of Odoo to take in here."""
        self.ensure_one()
        self._check_may("restore")
        return self._ask_import()

    def _ask_import(self, archive=None):
        self.env["ops.archive"]._scan(self.project_id)
        defaults = {"default_environment_id": self.id}
        if archive:
            defaults["default_archive_id"] = archive.id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import into %s", self.display_name),
            "res_model": "ops.import.wizard",
            "view_mode": "form",
            "target": "new",
            "context": defaults,
        }

    def _queue_restore(self, trigger, order, image=None):
        """Queue a restore from elsewhere than a backup; without a build the branch is built first."""
        image = image or self.image_id
        return self.env["ops.run"]._queue(
            self,
            "restore",
            trigger,
            image.run_id.ref if image else self._ref(),
            image.run_id.commit if image else None,
            commit_subject=image.run_id.commit_subject,
            redeploy_image=image or None,
            order=order,
        )
