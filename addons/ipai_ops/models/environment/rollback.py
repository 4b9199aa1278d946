"""Going back: to the build that served before, and to its data where somebody decides so."""

from odoo import fields, models
from odoo.exceptions import UserError

from ...authentication.asks_again import asks_again


class Environment(models.Model):
    _inherit = "ops.environment"

    @asks_again
    def action_roll_back(self):
        """Open the question whether to go back to what served before the last change."""
        self.ensure_one()
        self._check_may("rollback")
        return self._ask_rollback()

    def _ask_rollback(self, point=None, run=None):
        context = {"default_environment_id": self.id}
        if point:
            context |= {"default_point_id": point.id, "default_with_data": True}
        if run:
            context["default_run_id"] = run.id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Roll back %s", self.display_name),
            "res_model": "ops.rollback.wizard",
            "view_mode": "form",
            "target": "new",
            "context": context,
        }

    def _roll_back(self, image, point, trigger):
        """Queue the way back; return the run. Callers have checked the right."""
        self.ensure_one()
        if image.state != "present":
            raise UserError(self.env._("That build has been removed; deploy its commit instead."))
        if point and point.state != "present":
            raise UserError(self.env._("That copy of the data is not there any more."))
        run = self.env["ops.run"]._queue(
            self,
            "rollback",
            trigger,
            image.run_id.ref,
            image.run_id.commit,
            commit_subject=image.run_id.commit_subject,
            commit_author=image.run_id.commit_author,
            redeploy_image=image,
            order={"point": point._facts()} if point else {},
        )
        values = {"environment_id": self.id, "purpose": "rollback", "run_id": run.id}
        at = point.taken_at if point else False
        restores = self.env["ops.restore"].sudo()  # the run is the person's, its record ours
        restores.create({**values, "point_id": point.id, "data_at": at})
        return run

    def _image_before(self):
        """Return the build that served before the one that serves now."""
        runs = self.env["ops.run"].search(
            [
                ("environment_id", "=", self.id),
                ("kind", "in", ("deploy", "restore", "rollback")),
                ("state", "=", "done"),
            ],
            limit=20,
        )
        images = self.env["ops.artifact"].search(
            [("kind", "=", "image"), ("uri", "in", runs._image_uris()), ("state", "=", "present")]
        )
        by_uri = {image.uri: image for image in images}
        served = [by_uri[uri] for uri in runs._image_uris() if uri in by_uri]
        before = [image for image in served if image != self.image_id]
        return before[0] if before else images.browse()

    def _lost_since(self, moment):
        """Return (minutes, runs): what going back to ``moment`` undoes."""
        minutes = (fields.Datetime.now() - moment).total_seconds() / 60
        runs = self.env["ops.run"].search(
            [
                ("environment_id", "=", self.id),
                ("lane", "in", ("main", "data")),
                ("state", "=", "done"),
                ("finished_at", ">", moment),
            ]
        )
        return minutes, runs
